"""The whole instrument, top to bottom.

    sensor -> convert, calibrate -> quality -> limits, alarm table -> relay, horn, lamp
           -> forecast -> journal (sealed, on flash) -> outbox -> gateway

The relay comes first and waits for nothing; a record is on flash before it may be sent; network,
gateway and clock may all be missing, and nothing above them changes.
"""

import asyncio

from firmware import board, borrow, config, console, crash, standing
from firmware.node import Node
from protocols import alarm, paths

PANEL_MS = 100  # a tenth of a second feels immediate
RESET_MS = 3_000  # so long the button is held down to reset
PUBLISH_MS = 1_000
IDLE_MS = 1_000  # longest nap of the pipeline
WATCHDOG_MS = 8_000
RESTART_MS = 1_000  # outputs stay safe meanwhile; a crash that comes back at once is not a storm
# A task is late when it has not reported for this long: far above its period, far below harm.
LATE_MS = 3_000


def main():
    """Be an instrument until something breaks; then reset into the safe state."""
    cfg, key = config.load(), config.load_key()  # without them there is nothing to restart for
    node = None
    try:
        node = Node(cfg, key)
        node.hold()
        node.start()
        borrow("banner").say(node)
        asyncio.run(run(node))
    except KeyboardInterrupt:  # somebody at the console: nobody measures at the prompt
        if node is not None:
            node.outputs.release()
        raise
    except Exception as error:
        try:
            crash.keep(error)
        finally:
            board.restart(RESTART_MS)


async def run(node):
    """Every task of the instrument. If one of them dies, they all do, the relay released first."""
    node.board.arm(WATCHDOG_MS)
    courier, endpoint = node.courier, node.endpoint
    try:
        tasks = [
            measure(node, _expect(node, "measure")),
            panel(node, _expect(node, "panel")),
            publish(node, _expect(node, "publish")),
            guard(node),
            endpoint.serve(),
            endpoint.retransmit(_expect(node, "retransmit")),
            courier.deliver(_expect(node, "deliver", courier.LATE_MS)),
            courier.express(_expect(node, "express", courier.LATE_MS)),
            courier.keep_time(node.adopt, _expect(node, "time", courier.LATE_MS)),
            _network(node.board.network).keep(),
        ]
        working = [channel for channel in node.channels if channel.works]
        if working:
            tasks.append(toil(node, working, _expect(node, "toil")))
        await asyncio.gather(*tasks)
    finally:
        node.outputs.release()


def _network(name):
    """What keeps a board in its network: of these modules only its own is loaded."""
    return __import__("firmware.net." + name, None, None, ("keep",))


def _expect(node, task, within_ms=LATE_MS):
    return node.health.expect(task, within_ms, node.clock.now_ms())


def step(node, now_ms: int):
    """The pipeline: everything that is due at `now_ms`, in the order in which it must happen.

    No channel's forecast, and no block that goes to flash, comes before another channel's relay.
    """
    changed = False
    for channel in node.channels:
        t_ms = channel.due(now_ms)
        if t_ms is not None:
            channel.changes = channel.guard(channel.take(t_ms))
            node.outputs.trip(node.alarming)
            node.annunciate(channel.changes)
    for channel in node.channels:
        if channel.changes is not None:
            foreseen = channel.foresee(channel.last)
            node.annunciate(foreseen)
            changes, channel.changes = channel.changes + foreseen, None
            node.recorder.sample(channel, channel.last, changes)
            changed = changed or bool(changes)
    node.recorder.flush(now_ms)
    if changed:
        standing.keep(node.alarming, node.clock)


async def measure(node, report):
    """Run the pipeline at every slot, and look after the open block between slots far apart."""
    due_ms = node.clock.now_ms()
    while True:
        now_ms = node.clock.now_ms()
        node.health.began(now_ms - due_ms)
        step(node, now_ms)
        report(now_ms)
        due_ms = min(channel.next_ms for channel in node.channels)
        await asyncio.sleep_ms(min(max(0, due_ms - node.clock.now_ms()), IDLE_MS))


async def toil(node, working, report):
    """Let sensors work between samples, a slice at a time: a sample that is due comes first."""
    while True:
        wait_ms = IDLE_MS
        for channel in working:
            wait_ms = min(wait_ms, channel.work(node.clock.now_ms()))
            await asyncio.sleep_ms(0)
        report(node.clock.now_ms())
        await asyncio.sleep_ms(wait_ms)


async def panel(node, report):
    """Lamp and button: a press acknowledges everything, held down it resets what is latched."""
    held_ms = 0
    while True:
        now_ms = node.clock.now_ms()
        node.outputs.annunciate(node.alarming, now_ms)
        if not node.board.pressed():
            held_ms = 0
        else:
            if held_ms == 0:
                node.command_all(alarm.ACK, "ack", "button")
            held_ms += PANEL_MS
            if held_ms == RESET_MS:
                node.command_all(alarm.RESET, "reset", "button")
        report(now_ms)
        await asyncio.sleep_ms(PANEL_MS)


async def publish(node, report):
    """Show values and alarms to whoever observes them, before they are journalled."""
    said = None
    while True:
        node.endpoint.notify(paths.MEASUREMENTS)
        state = console.state(node)
        if state != said:
            said = state
            console.say(state)
        if node.changed:
            node.changed = False
            node.endpoint.notify(paths.ALARMS)
        report(node.clock.now_ms())
        await asyncio.sleep_ms(PUBLISH_MS)


async def guard(node):
    """Feed the watchdog while every task works; do what was asked for a later moment."""
    while True:
        node.health.check(node.clock.now_ms())
        node.tend()
        await asyncio.sleep_ms(1_000)
