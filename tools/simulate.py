"""`tocsin sim`: the simulator with our own workshop, which turns profiles into images."""

from collections.abc import Sequence

from sim import cli
from tools.node import workshop


def main(argv: Sequence[str]) -> int:
    """Run `tocsin sim ...`."""
    return cli.main(argv, workshop)
