"""The board under a firmware: what it reads, drives and survives. Real interpreter, real time."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim import interpreter, life, supervisor
from sim.errors import FlashError, MissingInterpreter

ROOT = Path(__file__).resolve().parents[2]

IDLE = """
import time
print("up")
while True:
    time.sleep_ms(20)
"""


async def test_the_firmware_reads_its_sensors_over_the_chips(
    make_node, until, pressure, dust, speed
):
    node = make_node(
        """
import time
from firmware import board, sensors
node = board.build("esp32_s3")
parts = (
    ("pressure", sensors.build("ads1115_loop", node, "i2c0", {"low": 0, "high": 1600000})),
    ("dust", sensors.build("pms5003", node, "uart0", {"size": "pm10", "warm_up_s": 0})),
    ("speed", sensors.build("uart_radar", node, "uart1", {"baud": 9600})),
)
while True:
    for name, sensor in parts:
        print(name, *sensor.read(time.ticks_ms()))
    time.sleep_ms(50)
""",
        (pressure, 800_000.0),
        (dust, 80.0),
        (speed, 8.0),
    )
    await node.power_on()
    for name, expected, tolerance in (
        ("pressure", 800_000.0, 800.0),
        ("dust", 80.0, 1.0),
        ("speed", 8.0, 0.1),
    ):
        found = await until(lambda name=name: _good(node, name))
        assert found == pytest.approx(expected, abs=tolerance)


async def test_outputs_are_told_by_name_and_fall_with_the_power(make_node, until, pressure):
    told = []
    node = make_node(
        """
import time
from firmware import board
node = board.build("esp32_s3")
node.relay.value(1)
node.relay.value(1)
node.horn.value(1)
time.sleep(60)
""",
        (pressure, 0.0),
        on_pin=lambda node, name, level, at_s: told.append((name, level, at_s)),
    )
    start_s = asyncio.get_running_loop().time()
    await node.power_on()
    await until(lambda: len(told) == 2)
    assert node.plants[0].model.permitted
    await node.power_off()
    assert [(name, level) for name, level, _ in told] == [
        ("relay", 1),
        ("horn", 1),
        ("relay", 0),
        ("horn", 0),
    ]
    assert not node.plants[0].model.permitted
    assert all(start_s <= at_s <= asyncio.get_running_loop().time() for _, _, at_s in told)


async def test_the_button_pulls_its_input_down(make_node, until):
    node = make_node("""
import time
from firmware import board
node = board.build("esp32_s3")
while True:
    print("pressed" if node.pressed() else "free")
    time.sleep_ms(10)
""")
    await node.power_on()
    await until(lambda: "free" in node.console)
    node.press()
    await until(lambda: node.console[-1] == "pressed")
    node.release()
    await until(lambda: node.console[-1] == "free")


async def test_power_switches_are_idempotent(make_node, until):
    node = make_node(IDLE)
    await node.power_off()
    await node.power_on()
    await node.power_on()
    await until(lambda: "up" in node.console)
    assert (node.boots, node.running) == (1, True)
    await node.power_off()
    await node.power_off()
    assert not node.running
    await node.power_on()
    assert (node.boots, node.running) == (2, True)


@pytest.mark.parametrize(("board", "cause"), [("esp32_s3", "5"), ("pico_w", "3")])
async def test_a_reset_restarts_at_once_and_nothing_after_it_runs(make_node, until, board, cause):
    node = make_node(
        """
import machine, time
print("cause", machine.reset_cause())
if machine.reset_cause() == 1:
    machine.reset()
    print("after the reset")
time.sleep(60)
""",
        board=board,
    )
    await node.power_on()
    await until(lambda: node.boots == 2 and f"cause {cause}" in node.console)
    assert list(node.console) == ["cause 1", f"cause {cause}"]
    assert (node.crashes, node.exit_reason) == (0, None)


async def test_a_starved_watchdog_restarts_the_board(make_node, until):
    node = make_node("""
import machine
print("cause", machine.reset_cause())
dog = machine.WDT(timeout=200)
while True:
    pass
""")
    await node.power_on()
    await until(lambda: "cause 3" in node.console)
    assert node.crashes == 0


async def test_a_fed_watchdog_lets_the_board_live(make_node, until):
    node = make_node("""
import machine, time
dog = machine.WDT(timeout=800)
for i in range(20):
    dog.feed()
    time.sleep_ms(60)
print("alive")
while True:
    dog.feed()
    time.sleep_ms(50)
""")
    await node.power_on()
    await until(lambda: "alive" in node.console)
    assert node.boots == 1


async def test_a_firmware_that_raises_restarts_but_not_for_ever(make_node, until, monkeypatch):
    monkeypatch.setattr(life, "CRASH_PAUSE_S", 0.01)
    node = make_node("print('begin')\n1 / 0\n")
    await node.power_on()
    await until(lambda: node.crashes == life.CRASHES_MAX)
    await until(lambda: not node.running)
    assert node.boots == life.CRASHES_MAX
    assert node.exit_reason == "firmware ended with status 1: ZeroDivisionError: divide by zero"
    assert any("main.py" in line and "line 2" in line for line in node.console)
    await node.power_off()
    await node.power_on()
    assert (node.running, node.exit_reason) == (True, None)


async def test_a_process_killed_from_outside_comes_back(make_node, until):
    node = make_node(IDLE)
    await node.power_on()
    await until(lambda: "up" in node.console)
    os.kill(node.pid, signal.SIGKILL)
    await until(lambda: node.boots == 2 and node.running)
    assert node.exit_reason.startswith("firmware ended with status -9")


async def test_files_survive_a_kill_at_any_moment(make_node, until):
    node = make_node("""
import os
names = [name for name in os.listdir("/") if name.startswith("r")]
for name in names:
    with open("/" + name) as file:
        text = file.read()
    if text != "whole" * 100 and text != "":
        print("torn", name, len(text))
print("found", len(names))
number = len(names)
while True:
    with open("/new", "w") as file:
        file.write("whole" * 100)
    os.rename("/new", "/r{}".format(number))
    number += 1
""")
    found = 0
    for pause_s in (0.05, 0.02, 0.09, 0.01, 0.06):
        node.console.clear()
        await node.power_on()
        await until(lambda: any(line.startswith("found") for line in node.console))
        now_found = int(node.console[-1].split()[1])
        assert now_found >= found and not any("torn" in line for line in node.console)
        found = now_found
        await asyncio.sleep(pause_s)
        await node.power_off()
    assert found > 0
    assert node.peripherals.flash.programs > 0 and node.peripherals.flash.erases > 0


async def test_a_file_that_was_not_closed_is_lost_as_on_a_board(make_node, until):
    node = make_node("""
import os, time
print("size", os.stat("/log")[6] if "log" in os.listdir("/") else None)
file = open("/log", "w")
file.write("not closed")
print("written")
time.sleep(60)
""")
    for expected in ("size None", "size 0"):
        node.console.clear()
        await node.power_on()
        await until(lambda: "written" in node.console)
        await node.power_off()
        assert node.console[0] == expected


async def test_provisioned_files_are_on_the_flash(make_node, until):
    node = make_node("""
import time
print(open("/cfg.cbor", "rb").read(), open("/deep/er.txt").read())
time.sleep(60)
""")
    node.provision({"/cfg.cbor": b"old", "/deep/er.txt": b"text"})
    node.provision({"/cfg.cbor": b"\x00new"})
    await node.power_on()
    await until(lambda: r"b'\x00new' text" in node.console)


async def test_files_come_off_the_flash_when_the_power_is_off(make_node, until, tmp_path):
    node = make_node(IDLE)
    node.provision({"/logs/a.txt": b"one", "/logs/b.txt": b"two", "/other": b"three"})
    folder = tmp_path / "out"
    folder.mkdir()
    node.extract("/logs", folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "a.txt": b"one",
        "b.txt": b"two",
    }
    await node.power_on()
    with pytest.raises(FlashError, match="switch n1 off"):
        node.extract("/logs", folder)
    with pytest.raises(FlashError, match="switch n1 off"):
        node.provision({"/other": b"four"})


async def test_a_flash_image_that_is_no_file_system_is_not_formatted(make_node, tmp_path):
    (tmp_path / "node.flash").write_bytes(b"something else".ljust(64 * 4096, b"."))
    node = make_node(IDLE)
    with pytest.raises(FlashError, match=r"node\.flash"):
        node.provision({"/cfg.cbor": b""})
    assert (tmp_path / "node.flash").read_bytes().startswith(b"something else")


@pytest.mark.parametrize(("board", "errno"), [("esp32_s3", 19), ("pico_w", 5)])
async def test_nobody_at_an_address_is_the_errno_of_that_port(
    make_node, until, pressure, board, errno
):
    node = make_node(
        f"""
import time
from firmware import board
bus = board.build("{board}").bus("i2c0")
print(bus.scan())
for call in (lambda: bus.readfrom(0x49, 1), lambda: bus.writeto_mem(0x49, 1, b"12")):
    try:
        call()
    except OSError as error:
        print("errno", error.errno)
time.sleep(60)
""",
        (pressure, 0.0),
        board=board,
    )
    await node.power_on()
    await until(lambda: len(node.console) == 3)
    assert list(node.console) == ["[72]", f"errno {errno}", f"errno {errno}"]


async def test_all_i2c_calls_reach_the_registers(make_node, until, pressure):
    node = make_node(
        """
import time
from firmware import board
bus = board.build("esp32_s3").bus("i2c0")
word = bytearray(2)
bus.readfrom_mem_into(0x48, 1, word)
print(word, bus.readfrom_mem(0x48, 3, 2), bus.writeto(0x48, bytes((2, 0x12, 0x34))))
print(bus.readfrom(0x48, 2))
time.sleep(60)
""",
        (pressure, 0.0),
    )
    await node.power_on()
    await until(lambda: len(node.console) == 2)
    assert list(node.console) == [r"bytearray(b'\x85\x83') b'\x7f\xff' 3", r"b'\x124'"]


async def test_a_uart_buffer_that_is_not_emptied_drops_what_comes(make_node, until, speed):
    node = make_node(
        """
import time
import machine
port = machine.UART(2, 9600, tx=machine.Pin(15), rx=machine.Pin(16), rxbuf=20)
time.sleep(0.6)
print(port.any(), len(port.read(4)), len(port.read()), port.read())
buffer = bytearray(8)
while not port.any():
    time.sleep_ms(5)
print(port.readinto(buffer, 1), port.write(b"x" * 300))
time.sleep(60)
""",
        (speed, 8.0),
    )
    await node.power_on()
    await until(lambda: len(node.console) == 2)
    first, second = node.console
    held, read, rest, _ = first.split()
    assert (held, read, second) == ("20", "4", "1 300")
    assert 16 <= int(rest) <= 20  # what came while it was read fits in again
    assert node.plants[0].wire.lost > 0
    assert bytes(node.peripherals.sent["uart1"]) == b"x" * 300


async def test_a_restart_empties_the_uart_buffer(make_node, until, speed):
    node = make_node(
        """
import machine, time
port = machine.UART(2, 9600, tx=machine.Pin(15), rx=machine.Pin(16))
print("waiting", port.any())
if machine.reset_cause() == 1:
    while port.any() < 50:
        time.sleep_ms(20)
    machine.reset()
time.sleep(60)
""",
        (speed, 8.0),
    )
    await node.power_on()
    await until(lambda: len(node.console) == 2)
    assert int(node.console[1].split()[1]) < 10


async def test_a_reset_leaves_the_chips_as_they_are_and_a_power_cut_does_not(
    make_node, until, pressure
):
    node = make_node(
        """
import machine, time
from firmware import board
bus = board.build("esp32_s3").bus("i2c0")
print(bus.readfrom_mem(0x48, 1, 2))
bus.writeto_mem(0x48, 1, bytes((0x42, 0x83)))
if machine.reset_cause() == 1:
    machine.reset()
time.sleep(60)
""",
        (pressure, 0.0),
    )
    for _ in range(2):
        node.console.clear()
        await node.power_on()
        await until(lambda: len(node.console) == 2)
        assert list(node.console) == [r"b'\x85\x83'", r"b'B\x83'"]
        await node.power_off()


RTC = """
import machine, time
rtc = machine.RTC()
print(rtc.datetime()[:4], time.gmtime(0)[0])
print(board_time() is None)
rtc.datetime((2031, 5, 6, 1, 7, 8, 9, 0))
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("board", "epoch", "after_reset", "after_loss"),
    [
        ("esp32_s3", 2000, (2031, 5, 6, 1), (2000, 1, 1, 5)),
        ("pico_w", 1970, (2021, 1, 1, 4), (2021, 1, 1, 4)),
        ("pico2_w", 1970, (2021, 1, 1, 4), (2021, 1, 1, 4)),
        ("nucleo_f7", 2000, (2031, 5, 6, 1), (2031, 5, 6, 1)),
    ],
)
async def test_a_clock_outlives_what_its_port_lets_it(
    make_node, until, board, epoch, after_reset, after_loss
):
    """A clock that begins in the past is none to the firmware."""
    main = RTC.replace(
        "board_time()", f"__import__('firmware.board').board.build('{board}').rtc_ms()"
    )
    node = make_node(main, board=board)
    node.keeps_time = False
    await node.power_on()
    await until(lambda: len(node.console) == 2)
    assert node.console[1] == "False"  # it was set before it came
    for happens, date in ((node.reset, after_reset), (node.power_off, after_loss)):
        node.console.clear()
        await asyncio.sleep(0.05)
        if (waits := happens()) is not None:
            await waits
            await node.power_on()
        await until(lambda: len(node.console) == 2)
        assert list(node.console) == [f"{date} {epoch}", str(date[0] < 2026)]


async def test_the_station_joins_the_access_point(make_node, until):
    node = make_node("""
import network, time
station = network.WLAN(network.STA_IF)
station.active(True)
station.connect("plant", "secret")
print(station.isconnected())
while not station.isconnected():
    time.sleep_ms(20)
print(station.status() == network.STAT_GOT_IP, station.ifconfig()[0])
time.sleep(60)
""")
    await node.power_on()
    await until(lambda: list(node.console) == ["False", "True 127.0.0.1"])


async def test_a_board_has_its_own_number_and_the_heap_it_was_given(make_node, until):
    node = make_node("""
import gc, machine, time
print(len(machine.unique_id()))
print(gc.mem_free() + gc.mem_alloc())
time.sleep(60)
""")
    await node.power_on()
    await until(lambda: len(node.console) == 2)
    assert node.console[0] == "6"
    assert 300 * 1024 < int(node.console[1]) <= (320 + supervisor.SHIMS_KIB) * 1024


async def test_pins_that_are_not_wired_reach_nothing(make_node, until, pressure):
    node = make_node(
        """
import machine, time
bus = machine.I2C(0, sda=machine.Pin(1), scl=machine.Pin(2))
print(bus.scan(), machine.Pin(3, machine.Pin.IN).value())
machine.Pin(3, machine.Pin.OUT).on()
time.sleep(60)
""",
        (pressure, 0.0),
    )
    await node.power_on()
    await until(lambda: list(node.console) == ["[] 0"])


def test_no_process_outlives_a_supervisor_that_is_killed(library, tmp_path):
    folder = library("print('busy')\nwhile True:\n    pass\n")
    script = tmp_path / "parent.py"
    script.write_text(f"""
import asyncio
from pathlib import Path
from sim.supervisor import SimNode

async def main():
    node = SimNode("n1", "esp32_s3", Path({str(tmp_path / "f")!r}), Path({str(folder)!r}), [])
    await node.power_on()
    while not node.console:
        await asyncio.sleep(0.01)
    print(node.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
""")
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with parent:
        pid = int(parent.stdout.readline())
        os.kill(pid, 0)
        parent.kill()
    end = Path(f"/proc/{pid}")
    deadline_s = time.monotonic() + 5.0
    while time.monotonic() < deadline_s:
        if not end.exists() or "State:\tZ" in (end / "status").read_text():
            return
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the board's process was still there")


async def test_a_missing_interpreter_says_how_to_get_it(make_node, tmp_path, monkeypatch):
    node = make_node(IDLE)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(MissingInterpreter, match=r"(?s)make setup.*x86-64"):
        await node.power_on()
    with pytest.raises(MissingInterpreter):
        interpreter.find()


@pytest.mark.alone
async def test_an_i2c_transaction_takes_less_than_a_third_of_a_millisecond(
    make_node, until, pressure
):
    node = make_node(
        """
import time
from firmware import board
bus = board.build("esp32_s3").bus("i2c0")
word = bytearray(2)
times = []
for _ in range(500):
    start = time.ticks_us()
    bus.readfrom_mem_into(0x48, 0, word)
    times.append(time.ticks_diff(time.ticks_us(), start))
print("median", sorted(times)[250])
time.sleep(60)
""",
        (pressure, 0.0),
    )
    await node.power_on()
    await until(lambda: node.console)
    assert int(node.console[0].split()[1]) < 300


def _good(node, name):
    """Last good value of that sensor on the console."""
    for line in reversed(node.console):
        word, value, quality = line.split()
        if word == name and quality == "0":
            return float(value)
    return None
