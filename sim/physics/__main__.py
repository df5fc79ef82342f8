"""One model alone: what it does over time, as a recording or in a line.

    python -m sim.physics vessel start_s=5 full_load_m3_s=0.2 --seconds 60 --csv > vessel.csv

The columns are `t_s` and `<quantity>_<unit>`, which is what `replay` reads.
"""

import argparse
import difflib
import inspect
import random
import sys
import time
import tomllib
from collections.abc import Iterator
from typing import Any

from sim import physics
from sim.errors import ScenarioError
from sim.replay import TIME_COLUMN

_SUFFIXES = {"pressure": "pa", "dust": "ugm3", "speed": "kmh"}


def main(argv: list[str] | None = None) -> int:
    """Run what the command line says; 2 for a model or parameter that there is not."""
    args = _parser().parse_intermixed_args(argv)
    try:
        cfg = dict(_parameter(args.name, one) for one in args.parameters)
        model = physics.build({"physics": args.name, **cfg}, random.Random(args.seed))
    except (TypeError, ValueError, ScenarioError) as error:
        sys.stderr.write(f"{args.name}: {error}\n")
        return 2
    samples = _samples(model, args)
    (_csv if args.csv else _line)(args.name, model, samples)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sim.physics", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("name", choices=sorted(physics.MODELS), metavar="NAME")
    parser.add_argument("parameters", nargs="*", metavar="key=value", help="as in a scenario")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--step", type=float, default=0.02, help="seconds between samples")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--above", type=float, help="the relay is released from this value on")
    parser.add_argument("--below", type=float, help="… or below this one")
    parser.add_argument("--csv", action="store_true", help="every sample, not one line")
    return parser


def _parameter(name: str, text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ScenarioError(f"{text!r}: say key=value")
    known = [word for word in inspect.signature(physics.load(name)).parameters if word != "noise"]
    if key not in known:
        near = difflib.get_close_matches(key, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}"
        raise ScenarioError(f"{key!r} is unknown; {hint}")
    try:
        return key, tomllib.loads(f"x = {value}")["x"]
    except tomllib.TOMLDecodeError:
        return key, value


def _samples(model: physics.Model, args: argparse.Namespace) -> Iterator[tuple[float, float]]:
    high = float("inf") if args.above is None else args.above
    low = float("-inf") if args.below is None else args.below
    yield 0.0, model.value
    for number in range(1, round(args.seconds / args.step) + 1):
        model.step(args.step)
        model.permit(low < model.value < high)
        yield number * args.step, model.value


def _csv(name: str, model: physics.Model, samples: Iterator[tuple[float, float]]) -> None:
    quantity = getattr(model, "QUANTITY", "value")
    unit = _SUFFIXES.get(quantity)
    sys.stdout.write(f"{TIME_COLUMN},{quantity}_{unit}\n" if unit else f"{TIME_COLUMN},value\n")
    for at_s, value in samples:
        sys.stdout.write(f"{at_s:.10g},{value:.7g}\n")


def _line(name: str, model: physics.Model, samples: Iterator[tuple[float, float]]) -> None:
    started_s = time.perf_counter()
    values = [value for _, value in samples]
    step_us = 1e6 * (time.perf_counter() - started_s) / len(values)
    shown = f"first {values[0]:.6g}, lowest {min(values):.6g}, highest {max(values):.6g}"
    sys.stdout.write(f"{name}: {shown}, last {values[-1]:.6g}; {step_us:.1f} us a step\n")


if __name__ == "__main__":
    sys.exit(main())
