"""Faults of power, flash and clock on real nodes: the firmware that ships, on a virtual clock."""

import asyncio

import pytest

from protocols import block, codes, cose, event
from protocols.errors import ProtocolError

MAC = cose.Mac(bytes(range(32)))
SWEEP_S = 2.6  # after power-on: the boot's block and two that follow


async def operations(bench) -> int:
    """How many flash operations a life of `SWEEP_S` has."""
    before = bench.node.peripherals.flash.operations
    await bench.live(SWEEP_S)
    return bench.node.peripherals.flash.operations - before


@pytest.mark.timeout(180)  # half a hundred lives of a node: 15 s on a machine that is free
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("cut_at_operation", {}),
        ("torn_write", {"share": 0.5}),
        ("torn_write", {"share": 0.1}),
    ],
)
def test_a_cut_at_every_flash_operation_of_boot_and_writing_leaves_a_chain(stand, name, params):
    async def story(bench):
        await bench.live(SWEEP_S)
        kept = bench.journal()
        before = [kept.read(seq) for seq in range(1, kept.last + 1)]
        image = bench.path.read_bytes()
        count = await operations(bench)
        assert 20 < count < 60 and len(before) >= 3
        for number in range(1, count + 1):
            bench.path.write_bytes(image)
            fault = bench.fault(name, nth_operation=number, off_ms=50.0, **params)
            await fault.begin()
            await bench.live(SWEEP_S + 0.5)
            await fault.end()
            assert fault.cuts == 1, number
            after = bench.journal()
            chain = bench.verified(after)
            assert [after.read(seq) for seq in range(1, kept.last + 1)] == before, number
            assert len(chain) > len(before), number
            assert not bench.node.crashes, (number, list(bench.node.console))

    stand(story)


def test_recovery_itself_may_be_cut_again_and_again(stand):
    async def story(bench):
        for number in range(1, 15):
            fault = bench.fault("cut_at_operation", nth_operation=number, times=4, off_ms=20.0)
            await fault.begin()
            await bench.live(4.0)
            await fault.end()
            assert fault.cuts == 4 and bench.blocks(), number
        assert not bench.node.crashes

    stand(story)


def test_a_cut_repeats_itself_to_the_byte(stand, tmp_path):
    images = []

    async def story(bench):
        fault = bench.fault("torn_write", nth_operation=17)
        await fault.begin()
        await bench.live(3.0)
        await fault.end()
        images.append(bench.path.read_bytes())
        bench.path.unlink()

    stand(story)
    stand(story)
    assert images[0] == images[1]


def test_a_power_cut_is_a_boot_and_a_gap_in_the_record(stand):
    async def story(bench):
        await bench.node.power_on()
        await asyncio.sleep(1.5)
        fault = bench.fault("power_cut")
        await fault.begin()
        assert not bench.node.running
        await bench.node.power_on()  # the switch, while the supply is broken
        assert not bench.node.running
        await asyncio.sleep(2.0)
        await fault.end()
        assert bench.node.running
        await asyncio.sleep(1.5)
        await bench.node.power_off()
        causes = [one["cause"] for one in bench.events(codes.EV_BOOT)]
        (gap,) = bench.events(codes.EV_GAP)
        assert causes == [codes.BOOT_POWER] * 2 and gap["reason"] == codes.GAP_OPEN_BLOCK
        assert gap["to_ms"] - gap["from_ms"] >= 2_000

    stand(story)


def test_two_cuts_that_overlap_keep_the_power_off_until_the_last_ends(stand):
    async def story(bench):
        await bench.node.power_on()
        one, two = bench.fault("power_cut"), bench.fault("power_cut")
        await one.begin()
        await two.begin()
        await one.end()
        assert not bench.node.running
        await two.end()
        assert bench.node.running

    stand(story)


def test_a_brown_out_is_as_many_boots_and_ends_in_operation(stand):
    async def story(bench):
        await bench.node.power_on()
        await asyncio.sleep(1.2)
        fault = bench.fault("brown_out", cuts=6, every_ms=250.0, off_ms=40.0)
        await fault.begin()
        await asyncio.sleep(4.0)
        await fault.end()
        assert bench.node.boots == 7 and bench.node.running
        await asyncio.sleep(1.5)
        await bench.node.power_off()
        assert bench.blocks()[-1].header.boot >= 2 and not bench.node.crashes

    stand(story)


def test_a_brown_out_that_is_stopped_half_way_leaves_the_power_on(stand):
    async def story(bench):
        await bench.node.power_on()
        for pause_s in (0.0, 0.01, 0.05, 0.3):
            fault = bench.fault("brown_out", cuts=50, every_ms=60.0, off_ms=30.0)
            await fault.begin()
            await asyncio.sleep(pause_s)
            await fault.end()
            assert bench.node.running
            boots = bench.node.boots
            await asyncio.sleep(0.5)
            assert bench.node.boots == boots

    stand(story)


def test_the_reset_button_is_a_cause_of_its_own(stand):
    async def story(bench):
        await bench.node.power_on()
        await asyncio.sleep(1.2)
        fault = bench.fault("reset_button", times=2, every_ms=1_500.0)
        await fault.begin()
        await asyncio.sleep(4.0)
        await fault.end()
        await bench.node.power_off()
        causes = [one["cause"] for one in bench.events(codes.EV_BOOT)]
        assert causes == [codes.BOOT_POWER, codes.BOOT_HARD, codes.BOOT_HARD]

    stand(story)


def test_wear_is_recorded_as_blocks_that_flash_refused_and_the_instrument_goes_on(stand):
    async def story(bench):
        await bench.node.power_on()
        await asyncio.sleep(1.5)
        fault = bench.fault("wear_out", after_erases=0)
        await fault.begin()
        await asyncio.sleep(12.0)
        await fault.end()
        await asyncio.sleep(4.0)
        await bench.node.power_off()
        reasons = {one["reason"] for one in bench.events(codes.EV_GAP)}
        assert codes.GAP_REFUSED in reasons
        assert bench.node.boots == 1

    stand(story)


def test_a_full_flash_is_recorded_and_ends(stand):
    async def story(bench):
        await bench.node.power_on()
        await asyncio.sleep(1.5)
        fault = bench.fault("flash_full")
        await fault.begin()
        await asyncio.sleep(12.0)
        await fault.end()
        await asyncio.sleep(4.0)
        await bench.node.power_off()
        reasons = {one["reason"] for one in bench.events(codes.EV_GAP)}
        assert codes.GAP_REFUSED in reasons
        assert bench.node.boots == 1

    stand(story)


def test_slow_erases_cost_samples_that_are_counted(stand):
    async def story(bench):
        await bench.node.power_on()
        await asyncio.sleep(1.5)
        fault = bench.fault("slow_erase", stall_ms=400)
        await fault.begin()
        await asyncio.sleep(8.0)
        await fault.end()
        await asyncio.sleep(2.0)
        await bench.node.power_off()
        slots = [one["slots"] for one in bench.events(codes.EV_MISSED)]
        missed = [
            quality
            for one in bench.blocks()
            for series in one.series
            for quality in series.qualities
            if quality == codes.MISSED
        ]
        assert slots or missed
        assert bench.node.boots == 1

    stand(story)


@pytest.mark.timeout(180)
def test_rot_is_found_and_named_or_the_node_stays_in_its_safe_state(stand):
    """Bits turn over in journal, directories and configuration alike; then the gateway asks."""

    async def story(bench):
        await bench.live(6.0)
        image = bench.path.read_bytes()
        outcomes = []
        for seed in range(16):
            bench.path.write_bytes(image)
            bench.world.seed = seed
            fault = bench.fault("bit_rot", bits=3)
            await fault.begin()
            await fault.end()
            assert bench.path.read_bytes() != image
            outcomes.append(await outcome(bench))
        assert set(outcomes) == {"told", "harmless", "safe"}, outcomes

    stand(story)


async def outcome(bench) -> str:
    """What a node makes of a rotten flash: no harm, told of it, or out of order."""
    relay = []
    bench.node.on_pin = lambda node, name, level, at_s: relay.append((name, level))
    for path in bench.folder.glob("gateway.db*"):
        path.unlink()
    await bench.gateway.start()
    await bench.live(20.0)
    await bench.gateway.kill()
    if ("relay", 1) not in relay:
        return "safe"
    journal = bench.journal()
    bad = [seq for seq in range(1, journal.last + 1) if not readable(journal, seq)]
    if any(one["reason"] == codes.GAP_CORRUPT for one in said(journal)):
        return "told"
    return f"unseen {bad}" if bad else "harmless"


def readable(journal, seq) -> bool:
    try:
        cose.open(journal.read(seq) or b"", MAC)
    except ProtocolError:
        return False
    return True


def said(journal) -> list[dict]:
    """Gaps that the readable blocks tell of."""
    found = []
    for seq in range(1, journal.last + 1):
        if readable(journal, seq):
            one = block.decode(cose.open(journal.read(seq), MAC))
            found += [event.fields(e) for e in one.events if e.code == codes.EV_GAP]
    return found


@pytest.mark.parametrize(
    ("name", "params", "quality"),
    [
        ("rtc_jump", {"jump_s": 3_600.0}, codes.CLOCK_RTC),
        ("rtc_lost", {}, codes.CLOCK_NONE),
    ],
)
def test_a_wrong_battery_clock_shows_at_the_next_boot(stand, name, params, quality):
    async def story(bench):
        await bench.live(1.5)
        fault = bench.fault(name, **params)
        await fault.begin()
        await bench.live(1.5)
        await fault.end()
        first, last = bench.blocks()[0].header, bench.blocks()[-1].header
        assert (first.clock, last.clock) == (codes.CLOCK_RTC, quality)
        if quality == codes.CLOCK_RTC:
            assert 3_600_000 < last.t0_ms - first.t0_ms < 3_610_000

    stand(story)


def test_a_fast_crystal_takes_more_samples_in_the_same_time(stand):
    taken = []

    async def story(bench):
        for ppm in (0.0, 20_000.0):
            fault = bench.fault("clock_drift", drift_ppm=ppm)
            await bench.node.power_on()
            await fault.begin()
            before = len(bench.node.console)
            await asyncio.sleep(50.0)
            await fault.end()
            await bench.node.power_off()
            taken.append(before)
        counts = {1: 0, 2: 0}
        for one in bench.blocks():
            for series in one.series:
                counts[one.header.boot] += len(series.values)
        # each cut takes what was in the open block
        assert counts[2] / counts[1] == pytest.approx(1.02, abs=0.01)

    stand(story)
