"""Contacts that bounce, and that a press is one press to the firmware all the same."""

import asyncio
import random
from itertools import pairwise

from protocols import codes
from sim import clock
from sim.contact import Bounce, Contact


def moved(seed: int, bounce: Bounce | None = None, ideal: bool = False) -> list[tuple[float, int]]:
    """(time, level) after it was closed at 1 s."""

    async def main():
        loop, found = asyncio.get_running_loop(), []
        start_s = loop.time()
        contact = Contact(
            lambda level: found.append((loop.time() - start_s, level)), random.Random(seed)
        )
        if ideal or bounce:
            contact.bounce = bounce
        await asyncio.sleep(1.0)
        contact.move(closed=True)
        contact.move(closed=True)
        await asyncio.sleep(1.0)
        return found

    return clock.run(main(), 1)


def test_a_contact_bounces_for_milliseconds_and_then_stays():
    lengths = []
    for seed in range(50):
        found = moved(seed)
        assert found[0] == (1.0, 0) and found[-1][1] == 0
        assert len(found) % 2 == 1 and len(found) >= 3
        assert all(one[1] != other[1] for one, other in pairwise(found))
        lengths.append(1000 * (found[-1][0] - 1.0))
    assert 1.0 <= min(lengths) < 3.0 and 8.0 < max(lengths) <= 10.0


def test_the_same_seed_bounces_the_same_way():
    assert moved(3) == moved(3) != moved(4)


def test_bounces_can_be_longer_or_none():
    assert moved(1, Bounce(50.0, 60.0))[-1][0] > 1.05
    assert moved(1, ideal=True) == [(1.0, 0)]


def test_a_press_is_one_command_and_a_short_tap_is_not_lost(stand):
    held_s = [0.03, 0.03, 0.03, 0.06, 0.06, 0.15, 0.7]

    async def story(bench):
        value = bench.node.plants[0].model
        await bench.node.power_on()
        await asyncio.sleep(3)
        for number, press_s in enumerate(held_s):
            value.value = 1_500_000.0  # beyond HH
            await asyncio.sleep(2.0 + 0.013 * number)  # at another instant between two looks
            bench.node.press()
            await asyncio.sleep(press_s)
            bench.node.release()
            await asyncio.sleep(0.5)
            value.value = 500_000.0
            await asyncio.sleep(3.0)
        await bench.node.power_off()
        commands = bench.events(codes.EV_COMMAND)
        assert [one["command"] for one in commands if one["condition"] == codes.HH] == [
            "ack" for _ in held_s
        ]
        assert {one["by"] for one in commands} == {"button"}

    stand(story)
