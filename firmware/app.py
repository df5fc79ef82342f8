"""The whole instrument, top to bottom.

    sensor -> convert, calibrate -> quality -> limits, alarm table -> relay, horn, lamp
           -> forecast -> journal (sealed, on flash) -> outbox -> gateway

The relay comes first and waits for nothing; a record is on flash before it may be sent; network,
gateway and clock may all be missing, and nothing above them changes.
"""

import asyncio

from firmware import board, config, crash
from firmware.net import wifi
from firmware.node import Node

PANEL_MS = 100  # a tenth of a second feels immediate
PUBLISH_MS = 1_000
WATCHDOG_MS = 8_000
# A task is late when it has not reported for this long: far above its period, far below harm.
LATE_MS = 3_000


def main():
    """Be an instrument until something breaks; then reset into the safe state."""
    cfg, key = config.load(), config.load_key()  # without them there is nothing to restart for
    try:
        node = Node(cfg, key)
        node.start()
        asyncio.run(run(node))
    except Exception as error:
        crash.keep(error)
        board.restart()


async def run(node):
    """Every task of the instrument. If one of them dies, they all do."""
    node.board.arm(WATCHDOG_MS)
    await asyncio.gather(
        measure(node),
        panel(node),
        publish(node),
        guard(node),
        node.endpoint.serve(),
        node.endpoint.retransmit(node.health.expect("retransmit", LATE_MS, node.clock.now_ms())),
        node.courier.deliver(),
        node.courier.express(),
        node.courier.keep_time(node.adopt),
        wifi.keep(),
    )


def step(node, now_ms: int):
    """The pipeline: everything that is due at `now_ms`, in the order in which it must happen."""
    for channel in node.channels:
        t_ms = channel.due(now_ms)
        if t_ms is None:
            continue
        sample = channel.take(t_ms)
        changes = channel.guard(sample)
        node.outputs.trip(node.channels)
        node.annunciate(changes)
        foreseen = channel.foresee(sample)
        node.annunciate(foreseen)
        node.recorder.sample(channel, sample, changes + foreseen)
    node.recorder.flush(now_ms)


async def measure(node):
    """Run the pipeline at every slot."""
    report = node.health.expect("measure", LATE_MS, node.clock.now_ms())
    while True:
        now_ms = node.clock.now_ms()
        step(node, now_ms)
        report(now_ms)
        due_ms = min(channel.next_ms for channel in node.channels)
        await asyncio.sleep_ms(max(0, due_ms - node.clock.now_ms()))


async def panel(node):
    """Lamp and acknowledge button."""
    report = node.health.expect("panel", LATE_MS, node.clock.now_ms())
    held = False
    while True:
        now_ms = node.clock.now_ms()
        node.outputs.annunciate(node.channels, now_ms)
        pressed = node.board.pressed()
        if pressed and not held:
            node.acknowledge_all("button")
        held = pressed
        report(now_ms)
        await asyncio.sleep_ms(PANEL_MS)


async def publish(node):
    """Show the newest values to whoever observes them, before they are journalled."""
    report = node.health.expect("publish", LATE_MS, node.clock.now_ms())
    while True:
        node.endpoint.notify("m")
        report(node.clock.now_ms())
        await asyncio.sleep_ms(PUBLISH_MS)


async def guard(node):
    """Feed the watchdog while every task works."""
    while True:
        node.health.check(node.clock.now_ms())
        await asyncio.sleep_ms(1_000)
