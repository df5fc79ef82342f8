"""`tocsin bench flash`: how long each board's journal reaches back, and how long its flash lives.

A station of three channels at 1 Hz runs on the jump clock with a ring small enough to go round
several times; the flash operations of that hour and its blocks, counted by the board, are what the
rows are computed from:

    capacity    three quarters of the board's file system, over the bytes of journal per hour
    operations  programs and erases per day
    life        erases per day, spread over every block of the file system as LittleFS does, up to
                the cycles that the memory's maker guarantees
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sim import boards, clock, plant
from sim.image import CONFIG_PATH, KEY_PATH, NodeImage
from sim.net import GATEWAY
from sim.world import World
from tools.bench import CALM, KEY, SEED, Row, at_least
from tools.node import profile, workshop

SETTLED_S = 2_700.0  # by then the ring has gone round once
MEASURED_S = 3_600.0
RING_KIB = 32
JOURNAL_SHARE = 0.75
LIFE_YEARS = 5  # our choice: a board should outlast two periods of verification and more


@dataclass(frozen=True)
class Wear:
    """What an hour of operation did to the flash."""

    programs: int
    erases: int
    journal_bytes: int


def run() -> list[Row]:
    """The rows `flash.*`, three for each board."""
    rows = []
    for board, silicon in sorted(boards.BOARDS.items()):
        with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
            wear = clock.run(_hour(Path(folder), board), SEED)
        per_day = 86_400 / MEASURED_S
        blocks = silicon.flash_kib * 1024 // silicon.erase_bytes
        capacity_h = JOURNAL_SHARE * silicon.flash_kib * 1024 / wear.journal_bytes
        operations = per_day * (wear.programs + wear.erases)
        years = blocks * silicon.endurance_cycles / (per_day * wear.erases) / 365
        rows += [
            Row(f"flash.capacity_h.{board}", capacity_h, "h", None, None, "-", True),
            Row(f"flash.operations.{board}", operations, "/day", None, None, "-", True),
            at_least(f"flash.life_y.{board}", years, "y", LIFE_YEARS),
        ]
    return rows


async def _hour(folder: Path, board: str) -> Wear:
    """Let the station run until its ring goes round, then count for an hour."""
    image = _station(board)
    world = World(SEED, "jump")
    plants = [
        plant.build(
            one, {"physics": "constant", "value": CALM[one["sensor"]]}, f"{SEED} {one['ch']}"
        )
        for one in image.channels
    ]
    node = world.add(image.node, board, folder / "flash", workshop.library(), plants)
    node.provision(dict(image.files))
    flash = node.peripherals.flash
    try:
        await world.start()
        await world.at(SETTLED_S)
        programs, erases = flash.programs, flash.erases
        await world.at(SETTLED_S + MEASURED_S)
        programs, erases = flash.programs - programs, flash.erases - erases
    finally:
        await world.stop()
    kept = folder / "journal"
    kept.mkdir()
    node.extract("/journal", kept)
    segments = sorted(kept.iterdir())
    first, second = (int(one.name, 16) for one in segments[:2])
    per_block = segments[0].stat().st_size / (second - first)
    return Wear(programs, erases, round(per_block * MEASURED_S / 10))


def _station(board: str) -> NodeImage:
    """Image of the example station on that board."""
    found = profile.load(profile.named("station"))
    replace = msgspec.structs.replace
    operating = replace(
        found.operating, gateway=profile.Gateway(*GATEWAY), port=5683, journal_kib=RING_KIB
    )
    placed = replace(found, sealed=replace(found.sealed, board=board), operating=operating)
    return NodeImage.of({CONFIG_PATH: profile.encode(placed), KEY_PATH: KEY})
