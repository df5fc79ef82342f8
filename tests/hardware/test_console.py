"""A node over its console alone: simulated, or a real board with `--port /dev/ttyACM0`.

The port has to outlive a restart of the board, as that of an adapter on its UART does.
"""

import re

import pexpect
import pytest

CTRL_A, CTRL_C, CTRL_D = b"\x01", b"\x03", b"\x04"
BOOT_S = 70  # a node that was restarted often in a row waits for up to a minute
WATCHDOG_S = BOOT_S + 9

WHO = rb"tocsin (\d+\.\d+\.\d+): (\S+) on (\w+), (micropython [\d.]+)\r\n"
START = rb"boot (\d+) \(([a-z ]+)\), mode (\w+), software ([0-9a-f]{8}), config ([0-9a-f]{8})\r\n"
CHANNEL = rb"channel (\d+): (\w+), (\w+), every (\d+) ms, (\S+)\r\n"
RELAY = rb"relay (closed|released)([^\r]*)\r\n"
RAW = rb"raw REPL; CTRL-B to exit\r\n>"

# What a broken task would do, in a program started afresh.
BROKEN = b"""
from firmware import app
def step(node, now_ms):
    raise ValueError("made by a test")
app.step = step
app.main()
"""


def started(dut, within_s=BOOT_S):
    """(number, cause, mode, software, config) of the next start."""
    dut.expect(WHO, timeout=within_s)
    number, cause, *rest = dut.expect(START, timeout=BOOT_S).groups()
    dut.expect_exact(b"ready\r\n", timeout=BOOT_S)
    return int(number), cause.decode(), *rest


def test_a_start_says_what_stands_there(dut):
    _, node, board, _ = dut.expect(WHO, timeout=BOOT_S).groups()
    assert node and board in (b"esp32_s3", b"nucleo_f7", b"pico2_w", b"pico_w")
    dut.expect(START, timeout=BOOT_S)
    ch, name, sensor, period_ms, serial = dut.expect(CHANNEL, timeout=BOOT_S).groups()
    assert int(ch) >= 1 and name and sensor and int(period_ms) > 0 and serial
    dut.expect_exact(b"ready\r\n", timeout=BOOT_S)
    dut.expect(RELAY, timeout=BOOT_S)


def test_every_start_has_the_next_number_and_the_same_software(dut, restart):
    number, _, *before = started(dut)
    restart()
    again, _, *after = started(dut)
    assert (again, after) == (number + 1, before)


def test_a_node_left_at_its_prompt_comes_back_by_its_watchdog(dut):
    number, *_ = started(dut)
    dut.expect(RELAY, timeout=BOOT_S)
    dut.write(CTRL_C)
    dut.expect_exact(b"KeyboardInterrupt", timeout=BOOT_S)
    dut.expect_exact(b">>> ", timeout=BOOT_S)
    again, cause, *_ = started(dut, WATCHDOG_S)
    assert (again, cause) == (number + 1, "watchdog")


def test_a_crash_is_told_with_its_traceback_and_the_node_starts_again(dut):
    number, *_ = started(dut)
    dut.write(CTRL_C + CTRL_A)
    dut.expect(RAW, timeout=BOOT_S)
    dut.write(CTRL_D)
    dut.expect_exact(b"soft reboot", timeout=BOOT_S)
    dut.expect(RAW, timeout=BOOT_S)
    dut.write(BROKEN + CTRL_D)
    broken, *_ = started(dut)
    dut.expect_exact(b"Traceback", timeout=BOOT_S)
    dut.expect_exact(b"ValueError: made by a test", timeout=BOOT_S)
    again, cause, *_ = started(dut, WATCHDOG_S)
    assert (broken, again) == (number + 1, number + 2) and cause != "power"


def test_a_dangerous_value_and_the_button_are_told(simulated, dut):
    dut.expect_exact(b"relay closed\r\n", timeout=BOOT_S)
    simulated.set(1_200_000)
    dut.expect(rb"relay released,[^\r]* pressure\.HH UNACK", timeout=5)
    simulated.press()
    dut.expect(rb"relay released,[^\r]* pressure\.HH ACKED", timeout=5)
    simulated.release()
    simulated.set(600_000)
    dut.expect_exact(b"relay closed\r\n", timeout=5)


def test_a_node_at_its_prompt_has_released_its_relay(simulated, dut):
    dut.expect_exact(b"relay closed\r\n", timeout=BOOT_S)
    assert simulated.level("relay") == 1
    dut.write(CTRL_C)
    dut.expect_exact(b">>> ", timeout=BOOT_S)
    assert simulated.level("relay") == 0


def test_without_power_there_is_silence_and_the_port_stays(simulated, dut):
    assert started(dut)[:2] == (1, "power")
    dut.expect_exact(b"relay closed\r\n", timeout=BOOT_S)
    simulated.power_off()
    with pytest.raises(pexpect.TIMEOUT):
        dut.expect(re.compile(rb".", re.DOTALL), timeout=1)
    simulated.power_on()
    assert started(dut)[:2] == (2, "power")
