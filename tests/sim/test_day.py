"""A day of a node and its gateway: what the heap holds does not grow, and nothing is lost."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sim import account, clock, scenario
from sim.stand import Stand
from tools.node import workshop

DAY_S = float(os.environ.get("DAY_S", "86400"))
RING_KIB = 32
WARM_S = 7_200.0  # by then every buffer is as large as it gets, and the ring has turned
GROWTH_BYTES = 512  # numbers that get longer


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_day_leaves_the_heap_flat_and_the_record_whole(tmp_path: Path) -> None:
    bench = scenario.named("bench")
    small = tuple(replace(one, changes={"journal_kib": RING_KIB}) for one in bench.nodes)
    quiet = replace(bench, clock="lockstep", duration_s=DAY_S, nodes=small)

    async def day() -> tuple[list[int], int, int]:
        async with Stand(quiet, workshop, tmp_path, seed=1) as stand:
            (name,) = stand.world.nodes
            await stand.until(WARM_S)
            peaks = [stand.nodes.heap_peak(name)]
            await stand.until(DAY_S)
            peaks.append(stand.nodes.heap_peak(name))
            late_ms = stand.nodes.latest(name)["late_peak_ms"]
            await stand.drain()
            journals = await stand.stop()
            return peaks, late_ms, account.lost(journals[name], stand.evidence.blocks(name))

    peaks, late_ms, lost = clock.run(day(), 1)
    sys.stdout.write(f"heap peak {peaks} B, after an hour and at the end; late {late_ms} ms\n")
    assert peaks[1] - peaks[0] <= GROWTH_BYTES
    assert lost == 0 and late_ms <= 2
