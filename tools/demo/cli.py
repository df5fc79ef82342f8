"""`tocsin demo`: three instruments run away, warn, alarm, recover; every record accounted for."""

import argparse
import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.errors import ConfigError, GatewayError
from sim.errors import MissingInterpreter, SimError
from tools import ui
from tools.demo.run import Options, run

JSON_SECONDS = 45.0


def main(argv: Sequence[str]) -> int:
    """Run `tocsin demo ...`."""
    args = _parser().parse_args(argv)
    if args.replay is not None and not args.replay.is_dir():
        ui.error(f"{args.replay} is no folder", "--replay takes a folder with CSV recordings")
        return ui.USAGE
    seconds = args.seconds or (JSON_SECONDS if args.json else None)
    options = Options(seconds, args.port, args.kill, args.replay, args.lang)
    try:
        found = asyncio.run(_until_stopped(options))
    except ConfigError as error:
        ui.error(str(error), error.hint)
        return ui.USAGE
    except GatewayError as error:
        ui.error(str(error), error.hint.replace("console.port in the configuration, or ", ""))
        return ui.ENVIRONMENT
    except SimError as error:
        ui.error(str(error))
        return ui.ENVIRONMENT if isinstance(error, MissingInterpreter) else ui.USAGE
    if found is None:
        ui.say("stopped; nothing is left running")
        return ui.PASS
    return _tell(found, args.json)


async def _until_stopped(options: Options) -> dict[str, Any] | None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    running = asyncio.create_task(run(options, stop, ui.say))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    return await running


def _tell(found: dict[str, Any], as_json: bool) -> int:
    if as_json:
        ui.result(found)
    else:
        _summary(found)
    return ui.FAILED if found["lost"] else ui.PASS


def _summary(found: dict[str, Any]) -> None:
    head = ("node", "kind", "taken", "committed", "blocks", "missed", "heap KiB")
    rows = [
        (
            node["id"],
            node["kind"],
            str(node["samples_taken"]),
            str(node["samples_committed"]),
            str(node["blocks"]),
            str(node["missed_slots"]),
            f"{node['heap_peak_bytes'] / 1024:.0f}",
        )
        for node in found["nodes"]
    ]
    ui.table(head, rows)
    warned = len(found["predictive_alarms"])
    ui.say(f"{warned} predictive alarms, {len(found['alarms'])} alarms, {found['lost']} lost")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tocsin demo",
        description="Three simulated instruments under the real firmware, a gateway, a live page.",
        epilog="example: tocsin demo --seconds 60 --kill node --json",
    )
    parser.add_argument("--seconds", type=_seconds, help="end by itself (default: run on)")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    parser.add_argument("--port", type=_port, default=8080, help="of the console (default 8080)")
    parser.add_argument("--kill", choices=("node", "gateway"), help="SIGKILL it in mid-run")
    parser.add_argument("--replay", type=Path, metavar="DIR", help="CSV recordings as physics")
    parser.add_argument("--lang", choices=("zh", "en"), default="en", help="of the console")
    return parser


def _seconds(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError("must be 0 to 65535")
    return value
