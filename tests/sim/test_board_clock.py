"""Interrupts on the lock-step clock: the same instants in every run, to the microsecond."""

import asyncio
import contextlib

from sim import clock, plant
from sim.supervisor import SimNode

PULSES = """
import machine, time
from firmware import board
pin = board.build("esp32_s3").bus("pulse0")
last_us = [0]
def fell(pin):
    now_us = time.ticks_us()
    period_us[0], last_us[0] = time.ticks_diff(now_us, last_us[0]), now_us
period_us = [0]
ticks = bytearray(1)
def tick(timer):
    ticks[0] += 1
pin.irq(fell, machine.Pin.IRQ_FALLING, hard=True)
machine.Timer(0, period=100, callback=tick, hard=True)
for _ in range(10):
    time.sleep_ms(250)
    print("period", period_us[0], "ticks", ticks[0])
print("done")
time.sleep(60)
"""


def test_pulses_and_timers_come_at_the_same_ticks_in_every_run(tmp_path, library):
    tree = library(PULSES)

    def consoles(name: str) -> list[str]:
        cfg = {"ch": 1, "bus": "pulse0", "sensor": "tacho", "params": {"pulses_per_rev": 10}}

        async def main() -> list[str]:
            one = plant.build(cfg, {"physics": "constant", "value": 7.2}, 1)
            node = SimNode("n1", "esp32_s3", tmp_path / name, tree, [one])
            await node.power_on()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(20):
                    while "done" not in node.console:
                        one.advance(asyncio.get_running_loop().time())
                        await asyncio.sleep(0.01)
            await node.power_off()
            return list(node.console)

        return clock.run(main(), 1)

    first = consoles("a")
    assert first[-1] == "done" and consoles("b") == first
    words = first[-2].split()
    assert abs(int(words[1]) - 50_000) <= 100 and int(words[3]) in (24, 25)
