"""A node's console as a serial port of this machine: its life, its losses, its prompt."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import serial

from firmware import banner
from firmware import console as firmware_console
from protocols import words
from sim import clock
from sim.console import Console
from sim.errors import SimError

COUNTING = """
import time
n = 0
while True:
    print("line", n)
    n += 1
    time.sleep_ms({ms})
"""
FLOOD = """
import time
while True:
    print("x" * 2000)
    time.sleep_ms(1)
"""

Open = Callable[[str | None], serial.Serial]


@pytest.fixture
def plugged() -> Iterator[Open]:
    """Open a port as programs on this machine do; closed when the test ends."""
    found: list[serial.Serial] = []

    def make(port: str | None) -> serial.Serial:
        found.append(serial.Serial(port, 115200, timeout=0))
        return found[-1]

    yield make
    for one in found:
        one.close()


async def read_until(port: serial.Serial, wanted: bytes, within_s: float = 5.0) -> bytes:
    loop = asyncio.get_running_loop()
    end_s = loop.time() + within_s
    found = b""
    while wanted not in found:
        assert loop.time() < end_s, f"no {wanted!r} in {found!r}"
        found += port.read(65536)
        await asyncio.sleep(0.01)
    return found


@pytest.fixture
async def counting(make_node):
    """A node that counts lines on an open port, its power off; no port when the test ends."""
    node = make_node(COUNTING.format(ms=20))
    node.console.open()
    yield node
    node.console.close()


async def test_what_is_said_arrives_as_a_terminal_wants_it(counting, plugged):
    port = plugged(counting.console.port)
    await counting.power_on()
    said = await read_until(port, b"line 1\r\n")
    assert said.startswith(b"line 0\r\nline 1\r\n")
    assert counting.console[0] == "line 0"


async def test_a_port_that_nobody_has_open_keeps_nothing(counting, plugged, until):
    await counting.power_on()
    await until(lambda: "line 10" in counting.console)
    port = plugged(counting.console.port)
    await until(lambda: "line 20" in counting.console)
    said = await read_until(port, b"line 20\r\n")
    assert b"line 2\r\n" not in said and counting.console.lost == 0


async def test_a_program_that_does_not_read_loses_bytes_and_holds_nobody_up(
    make_node, plugged, until
):
    node = make_node(FLOOD)
    plugged(node.console.open())
    await node.power_on()
    await until(lambda: node.console.lost > 100_000)
    assert node.running and node.boots == 1
    node.console.close()


async def test_a_port_outlives_resets_cuts_and_the_programs_that_use_it(counting, plugged):
    where = counting.console.port
    port = plugged(where)
    await counting.power_on()
    await read_until(port, b"line 3\r\n")
    counting.reset()
    await read_until(port, b"line 0\r\n")
    await counting.power_off()
    await asyncio.sleep(0.1)
    port.read(65536)
    await asyncio.sleep(0.3)
    assert port.read(65536) == b""
    port.close()
    await counting.power_on()
    port = plugged(where)
    await read_until(port, b"line 1")
    assert counting.console.port == where == counting.console.open()


async def test_a_link_is_a_name_that_stays_and_goes_with_the_port(make_node, tmp_path: Path):
    link = tmp_path / "pg-01"
    link.symlink_to("/dev/pts/of-a-run-that-was-killed")
    console = make_node("").console
    port = console.open(link)
    assert str(link.readlink()) == port
    console.close()
    assert not link.is_symlink() and console.port is None
    console.close()
    link.write_text("precious")
    with pytest.raises(SimError, match="File exists"):
        console.open(link)
    assert console.port is None and link.read_text() == "precious"


def test_there_is_no_port_on_a_virtual_clock():
    async def course():
        with pytest.raises(SimError, match="real clock"):
            Console().open()

    clock.run(course(), 1)


async def test_no_descriptor_is_left(make_node):
    console = make_node("").console
    own = Path("/proc/self/fd")
    before = len(list(own.iterdir()))
    for _ in range(3):
        console.open()
        console.close()
    assert len(list(own.iterdir())) == before


async def test_ctrl_c_leads_to_a_prompt_and_ctrl_d_back(counting, plugged):
    port = plugged(counting.console.port)
    await counting.power_on()
    await read_until(port, b"line 3\r\n")
    port.write(b"\x03")
    told = await read_until(port, b">>> ")
    assert b"Traceback" in told and b"main.py" in told and b"KeyboardInterrupt" in told
    port.write(b"n = 6\rn * 8\x087\rwhile\x03n / 0\r")
    told = await read_until(port, b"divide by zero\r\n>>> ")
    assert b"n * 8\b \b7\r\n42\r\n" in told and told.count(b"Traceback") == 1
    port.write(b"\x04")
    await read_until(port, b"MPY: soft reboot\r\nline 0\r\n")
    assert counting.boots == 2 and counting.crashes == 0


async def test_programs_use_the_raw_mode(counting, plugged):
    """The conversation of mpremote: interrupt, raw mode, restart into it, refused raw paste."""
    port = plugged(counting.console.port)
    await counting.power_on()
    await read_until(port, b"line 0\r\n")
    port.write(b"\r\x03")
    await read_until(port, b">>> ")
    port.write(b"\r\x01")
    await read_until(port, b"raw REPL; CTRL-B to exit\r\n>")
    port.write(b"\x04")
    told = await read_until(port, b"raw REPL; CTRL-B to exit\r\n>")
    assert b"soft reboot\r\n" in told and b"line" not in told  # no firmware was started
    port.write(b"\x05A\x01")
    await read_until(port, b"R\x00")
    port.write(b"x = 4\nprint(x)\x04")
    assert (await read_until(port, b"\x04>")).endswith(b"OK4\r\n\x04\x04>")
    port.write(b"print(y)\x04")
    told = await read_until(port, b"\x04>")
    assert told.startswith(b"OK\x04Traceback") and b"NameError" in told
    port.write(b"\x02")
    await read_until(port, b">>> ")
    port.write(b"\x04")
    await read_until(port, b"line 0\r\n")


async def test_a_watchdog_ends_the_prompt(make_node, plugged):
    main = "import machine\nprint('cause', machine.reset_cause())\nmachine.WDT(timeout=500)\n"
    node = make_node(main + "import time\ntime.sleep(0.3)\ntime.sleep(9)")
    port = plugged(node.console.open())
    await node.power_on()
    await read_until(port, b"cause 1\r\n")
    port.write(b"\x03")
    await read_until(port, b">>> cause 3\r\n")
    await node.power_off()
    node.console.close()


def test_the_words_of_a_node_are_those_of_the_wire():
    assert banner.MODES == words.MODES
    for own, table in (
        (banner.BOOTS, words.BOOTS),
        (firmware_console.STATES, words.ALARM_STATES),
    ):
        assert own == ("", *(word for _, word in table))
        assert [code for code, _ in table] == list(range(1, len(own)))
