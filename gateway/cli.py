"""`tocsin gateway`: run the gateway, or check its configuration.

Exit codes: 0 done, 1 failed, 2 wrong use or configuration, 3 this machine does not let it run.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gateway import config
from gateway.errors import ConfigError, GatewayError, PlaceError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv`; the exit code."""
    args = _parser().parse_args(argv)
    try:
        settings = config.load(args.config)
        return int(args.command(settings, args))
    except GatewayError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"  try: {error.hint}", file=sys.stderr)
        return {ConfigError: 2, PlaceError: 3}.get(type(error), 3)


def _run(settings: config.Config, args: argparse.Namespace) -> int:
    from gateway import app

    def ready(addresses: app.Addresses) -> None:
        if args.json:
            print(msgspec.json.encode(addresses).decode(), flush=True)
        else:
            print(f"gateway ready coap={addresses.coap} console={addresses.console}", flush=True)

    asyncio.run(app.run(settings, ready))
    return 0


def _check(settings: config.Config, args: argparse.Namespace) -> int:
    config.load_keys(settings.secrets.path)
    print(f"{args.config}: OK")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tocsin gateway", description="The gateway.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in (("run", _run), ("check", _check)):
        sub = commands.add_parser(name)
        sub.set_defaults(command=command)
        sub.add_argument("-c", "--config", type=Path, required=True, metavar="FILE")
        sub.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
