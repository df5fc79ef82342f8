"""Two endpoints over a link that loses, doubles and reorders, in virtual time and seeded.

Both ask and both answer, some answers come late and separately. Whatever the link does, every
request ends exactly once, no request is told twice, and nothing stays open.
"""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable

import pytest

from protocols import coap, exchange
from protocols.exchange import FAILED, REJECTED, REQUEST, RESPONSE, SEND, Exchanges

ASKING_MS = 3_600_000
LOSSES = (0.0, 0.1, 0.3, 0.6)


class World:
    """Virtual clock, two endpoints, the link between them and everything that happened."""

    def __init__(self, seed: int, loss: float) -> None:
        self.random = random.Random(seed)
        self.loss = loss
        self.now_ms = 0
        self.queue: list[tuple[int, int, Callable[[], None]]] = []
        self.order = itertools.count()
        self.ends = {name: Exchanges(self.random.getrandbits(16)) for name in "ab"}
        self.asked: list[tuple[str, bytes]] = []
        self.outcomes: Counter[tuple[str, bytes]] = Counter()
        self.told: Counter[tuple[str, bytes]] = Counter()
        self.answered = 0

    def at(self, delay_ms: int, action: Callable[[], None]) -> None:
        heapq.heappush(self.queue, (self.now_ms + delay_ms, next(self.order), action))

    def run(self) -> None:
        for name in self.ends:
            self.at(0, lambda name=name: self.ask(name))
        while True:
            due = [end.next_ms() for end in self.ends.values() if end.next_ms() is not None]
            if self.queue and self.queue[0][0] <= min(due, default=self.queue[0][0]):
                self.now_ms, _, action = heapq.heappop(self.queue)
                action()
            elif due:
                self.now_ms = max(self.now_ms, min(due))
            else:
                return
            for name, end in self.ends.items():
                self.carry_out(name, end.poll(self.now_ms))

    def ask(self, name: str) -> None:
        if self.now_ms > ASKING_MS:
            return
        other, spread = "ba"["ab".index(name)], self.random.randrange(256)
        token, actions = self.ends[name].request(
            other, coap.POST, coap.path_options("b"), b"block", self.now_ms, spread
        )
        self.asked.append((name, token))
        self.carry_out(name, actions)
        self.at(self.random.randrange(4000, 8000), lambda: self.ask(name))

    def carry_out(self, name: str, actions: list[tuple]) -> None:
        for action in actions:
            kind, first, second = action
            if kind == SEND:
                self.send(name, first, second)
            elif kind == REQUEST:
                self.told[first, second.token] += 1
                self.answer(name, first, second)
            elif kind == RESPONSE:
                assert second.payload == b"answer to " + first
                self.outcomes[name, first] += 1
                self.answered += 1
            elif kind == FAILED:
                assert second in (exchange.TIMEOUT, exchange.BUSY)
                self.outcomes[name, first] += 1
            else:
                assert kind == REJECTED

    def send(self, source: str, target: str, datagram: bytes) -> None:
        copies = 2 if self.random.random() < 0.1 else 1
        for _ in range(copies):
            if self.random.random() >= self.loss:
                delay_ms = self.random.choice((5, 50, 500, self.random.randrange(4000)))
                self.at(delay_ms, lambda: self.deliver(source, target, datagram))

    def deliver(self, source: str, target: str, datagram: bytes) -> None:
        self.carry_out(target, self.ends[target].receive(source, datagram, self.now_ms))

    def answer(self, name: str, peer: str, request: coap.Message) -> None:
        end, payload = self.ends[name], b"answer to " + request.token
        if self.random.random() < 0.7:
            actions = end.respond(peer, request, coap.CHANGED, (), payload, self.now_ms)
            self.carry_out(name, actions)
            return

        def later() -> None:
            actions = end.notify(
                peer, coap.CHANGED, request.token, (), payload, True, self.now_ms, 0
            )
            self.carry_out(name, actions)

        self.at(self.random.randrange(5000), later)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("seed", range(5))
def test_every_request_ends_once_and_is_told_at_most_once(seed: int, loss: float) -> None:
    world = World(seed, loss)
    world.run()
    assert len(world.asked) > 1000
    assert world.outcomes == Counter(world.asked)
    assert set(world.told.values()) == {1}
    if loss <= 0.1:
        assert world.answered >= 0.999 * len(world.asked)
    assert all(end.next_ms() is None for end in world.ends.values())


def test_the_same_seed_is_the_same_run() -> None:
    first, second = World(3, 0.3), World(3, 0.3)
    first.run()
    second.run()
    assert (first.now_ms, first.outcomes) == (second.now_ms, second.outcomes)
    assert first.ends["a"].retransmissions == second.ends["a"].retransmissions > 0
