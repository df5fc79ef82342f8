"""The network between boards and the rest: what it does to datagrams, and what a socket says."""

import asyncio
import errno
import socket
from collections.abc import Callable

import pytest

from sim import clock
from sim.net import GATEWAY, Network
from sim.port import Port
from sim.sockets import Address
from sim.station import MAX_WAITING, Station
from sim.world import World

NUMBERS = [bytes((n,)) for n in range(200)]
GAP_S = 0.01


def carried(world_seed: int = 1, **impairment: object) -> list[tuple[float, bytes]]:
    """What arrives of NUMBERS, sent 10 ms apart, and when."""

    async def main() -> list[tuple[float, bytes]]:
        loop = asyncio.get_running_loop()
        network, heard = Network(world_seed), []
        network.listen(GATEWAY, lambda data, sender: heard.append((loop.time(), data)))
        station = network.attach("n1")
        number = station.open()
        if impairment:
            network.impair("n1", **impairment)
        for data in NUMBERS:
            station.send(number, GATEWAY, data)
            await asyncio.sleep(GAP_S)
        await asyncio.sleep(10)
        return heard

    return clock.run(main(), world_seed)


def test_a_good_network_delivers_everything_in_order():
    heard = carried()
    assert [data for _, data in heard] == NUMBERS
    assert heard[0][0] == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("impairment", "at_least", "at_most"),
    [
        ({"loss": 0.2}, 140, 180),
        ({"partition": True}, 0, 0),
        ({"duplicate": 0.2}, 220, 260),
        ({"mtu": 1}, 200, 200),
        ({"delay_ms": 300, "jitter_ms": 100}, 200, 200),
    ],
)
def test_impairments_take_and_give_what_they_say(impairment, at_least, at_most):
    heard = carried(**impairment)
    assert at_least <= len(heard) <= at_most
    assert carried(**impairment) == heard
    assert heard == [] or sorted(heard, key=lambda one: one[1]) == heard


def test_delay_is_the_least_and_jitter_comes_on_top():
    delays = [at_s - GAP_S * data[0] for at_s, data in carried(delay_ms=300, jitter_ms=5)]
    assert 0.3 <= min(delays) < max(delays) < 0.31


def test_reordered_datagrams_are_overtaken():
    heard = [data for _, data in carried(reorder=0.1)]
    assert heard != NUMBERS and sorted(heard) == NUMBERS


def test_corruption_changes_one_bit():
    changed = [
        (data, sent)
        for (_, data), sent in zip(carried(corrupt=0.2), NUMBERS, strict=True)
        if data != sent
    ]
    assert 20 <= len(changed) <= 60
    assert all((data[0] ^ sent[0]).bit_count() == 1 for data, sent in changed)


def test_what_is_too_long_for_the_link_is_lost():
    async def main() -> list[bytes]:
        network, heard = Network(1), []
        network.listen(GATEWAY, lambda data, sender: heard.append(data))
        station = network.attach("n1")
        number = station.open()
        network.impair("n1", mtu=100)
        for size in (100, 101):
            station.send(number, GATEWAY, bytes(size))
        await asyncio.sleep(1)
        return heard

    assert clock.run(main(), 1) == [bytes(100)]


def test_a_slip_in_an_impairment_has_a_name():
    with pytest.raises(TypeError, match="'los'"):
        Network(1).impair("n1", los=0.1)


def test_healing_ends_it():
    async def main() -> list[bytes]:
        network, heard = Network(1), []
        network.listen(GATEWAY, lambda data, sender: heard.append(data))
        station = network.attach("n1")
        number = station.open()
        network.impair("n1", partition=True)
        station.send(number, GATEWAY, b"lost")
        network.heal("n1")
        station.send(number, GATEWAY, b"sent")
        await asyncio.sleep(1)
        return heard

    assert clock.run(main(), 1) == [b"sent"]


def test_boards_hear_each_other_and_an_address_that_moved_is_another():
    async def main() -> list[tuple[bytes, Address]]:
        network = Network(1)
        one, two = network.attach("n1"), network.attach("n2")
        here, there = one.open(), two.open()
        two.bind(there, 5683)
        one.bind(here, 5683)
        one.send(here, (two.ip, 5683), b"first")
        await asyncio.sleep(1)
        network.move("n1", "10.83.0.99")
        one.send(here, (two.ip, 5683), b"second")
        await asyncio.sleep(1)
        return [two.receive(there), two.receive(there)]

    first, second = clock.run(main(), 1)
    assert first == (b"first", ("10.83.0.11", 5683))
    assert second == (b"second", ("10.83.0.99", 5683))


def test_sockets_refuse_as_a_boards_stack_does():
    async def main() -> list[int | None]:
        station = Network(1).attach("n1")
        calls: list[Callable[[], object]] = [lambda: station.receive(0)]
        numbers = [station.open() for _ in range(8)]
        calls.append(station.open)
        station.bind(numbers[0], 5683)
        calls.append(lambda: station.bind(numbers[1], 5683))
        found = []
        for call in calls:
            with pytest.raises(OSError) as caught:
                call()
            found.append(caught.value.errno)
        station.refuse = errno.ENOMEM
        with pytest.raises(OSError) as caught:
            station.send(numbers[0], GATEWAY, b"")
        return [*found, caught.value.errno]

    assert clock.run(main(), 1) == [errno.EAGAIN, errno.ENOMEM, errno.EADDRINUSE, errno.ENOMEM]


def test_a_board_that_does_not_look_drops_what_comes():
    async def main() -> Station:
        network = Network(1)
        one, two = network.attach("n1"), network.attach("n2")
        here, there = one.open(), two.open()
        two.bind(there, 1)
        for _ in range(2 * MAX_WAITING):
            one.send(here, (two.ip, 1), b"x")
        await asyncio.sleep(1)
        return two

    station = clock.run(main(), 1)
    for _ in range(MAX_WAITING):
        station.receive(0)
    assert station.arrived == 0


def test_a_port_speaks_like_a_socket_until_it_is_closed():
    async def main() -> tuple[object, object]:
        loop = asyncio.get_running_loop()
        network = Network(1)
        station, port = network.attach("n1"), Port(network, GATEWAY)
        number = station.open()
        station.bind(number, 7)
        with pytest.raises(OSError):
            Port(network, GATEWAY)
        readable = asyncio.Event()
        loop.add_reader(port.fileno(), readable.set)
        station.send(number, GATEWAY, b"question")
        await readable.wait()
        loop.remove_reader(port.fileno())
        found = port.recvmsg(100, 100)
        with pytest.raises(BlockingIOError):
            port.recvmsg(100)
        port.sendmsg((b"ans", b"wer"), (), 0, found[3])
        await asyncio.sleep(1)
        port.close()
        port.close()
        port.sendmsg((b"late",), (), 0, found[3])
        await asyncio.sleep(1)
        answer = station.receive(number)
        assert station.arrived == 0
        return (found[0], found[3]), answer

    asked, answered = clock.run(main(), 1)
    assert asked == (b"question", ("::ffff:10.83.0.11", 7, 0, 0))
    assert answered == (b"answer", GATEWAY)


SOCKET = """
import errno, socket, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(socket.getaddrinfo("0.0.0.0", {port})[0][-1])
sock.setblocking(False)
try:
    sock.recvfrom(10)
except OSError as error:
    print("empty", error.errno == errno.EAGAIN)
sock.settimeout(0.2)
try:
    sock.recvfrom(10)
except OSError as error:
    print("late", error.errno == errno.ETIMEDOUT)
sock.settimeout(None)
print("to", sock.sendto(b"x" * 1000, ("{host}", {to})))
data, peer = sock.recvfrom(4)
print("from", data, peer)
for call in (lambda: socket.getaddrinfo("nowhere.example", 1), lambda: sock.sendto(b"x" * 1473, peer)):
    try:
        call()
    except OSError as error:
        print("error", error.errno)
sock.close()
time.sleep(60)
"""  # noqa: E501


async def test_a_board_reaches_a_real_socket_of_this_machine(make_node, until):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)
        to = peer.getsockname()[1]
        node = make_node(SOCKET.format(port=0, host="127.0.0.1", to=to))
        await node.power_on()
        loop = asyncio.get_running_loop()
        data, sender = await asyncio.wait_for(loop.sock_recvfrom(peer, 2000), 10)
        assert data == b"x" * 1000
        await loop.sock_sendto(peer, b"answer", sender)
        await until(lambda: len(node.console) == 6)
    assert list(node.console) == [
        "empty True", "late True", "to 1000", f"from b'answ' ('127.0.0.1', {to})", "error -2",
        "error 90",
    ]  # fmt: skip


def test_on_a_virtual_clock_the_same_program_sees_the_same(library, tmp_path):
    async def main() -> list[str]:
        world = World(1, "lockstep")
        host, to = GATEWAY
        source = SOCKET.format(port=5683, host=host, to=to)
        node = world.add("n1", "pico_w", tmp_path / "n1.flash", library(source), [])
        port = Port(world.network, GATEWAY)
        loop = asyncio.get_running_loop()

        def readable() -> None:
            port.sendmsg((b"answer",), (), 0, port.recvmsg(2000)[3])

        loop.add_reader(port.fileno(), readable)
        await world.start()
        await world.at(5)
        loop.remove_reader(port.fileno())
        port.close()
        await world.stop()
        return list(node.console)

    assert clock.run(main(), 1) == [
        "empty True", "late True", "to 1000", f"from b'answ' {GATEWAY}", "error -2", "error 90",
    ]  # fmt: skip
