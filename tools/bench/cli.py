"""`tocsin bench`: measures what the design promises; exit code 1 if a budget is not kept."""

import argparse
import importlib
from collections.abc import Sequence

from sim.errors import MissingInterpreter
from tools import bench, ui

BENCHES = ("codec", "flash", "latency", "node", "sim")


def main(argv: Sequence[str]) -> int:
    """Run `tocsin bench ...`."""
    parser = argparse.ArgumentParser(
        prog="tocsin bench",
        description="Speeds are ratios against a yardstick measured in the same run.",
        epilog="example: tocsin bench codec --json",
    )
    parser.add_argument("name", choices=BENCHES)
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    args = parser.parse_args(argv)
    try:
        rows = importlib.import_module(f"tools.bench.{args.name}").run()
    except MissingInterpreter as error:
        ui.error(str(error))
        return ui.ENVIRONMENT
    ui.text(bench.render(rows, args.json))
    return ui.PASS if all(row.ok for row in rows) else ui.FAILED
