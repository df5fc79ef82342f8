"""`tocsin gateway`: run the gateway, or check its configuration.

Exit codes: 0 done, 1 failed, 2 wrong use or configuration, 3 this machine does not let it run.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gateway import config, sockets
from gateway.errors import ConfigError, GatewayError, PlaceError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv`; the exit code."""
    args = _parser().parse_args(argv)
    try:
        return int(args.command(_overridden(config.load(args.config), args), args))
    except GatewayError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"  try: {error.hint}", file=sys.stderr)
        return _exit_code(error)


def _run(settings: config.Config, args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    from gateway import app

    def ready(addresses: app.Addresses) -> None:
        if args.json:
            print(msgspec.json.encode(addresses).decode(), flush=True)
        else:
            print(f"gateway ready coap={addresses.coap} console={addresses.console}", flush=True)

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    asyncio.run(app.run(settings, ready))
    return 0


def _check(settings: config.Config, args: argparse.Namespace) -> int:
    """Read the configuration and the keys as `run` would, and try the place; nothing changes."""
    from gateway.store import open

    nodes = len(config.load_keys(settings.secrets.path))
    sockets.udp(settings.coap.bind, 0).close()  # any port: `run` may have ours just now
    sockets.tcp(settings.console.bind, 0).close()
    open.check(settings.store.path)
    if args.json:
        print(msgspec.json.encode({"config": str(args.config), "nodes": nodes}).decode())
    else:
        print(f"{args.config}: OK, {nodes} {'node' if nodes == 1 else 'nodes'}")
    return 0


def _overridden(settings: config.Config, args: argparse.Namespace) -> config.Config:
    """The configuration with the ports of the command line."""
    replace = msgspec.structs.replace
    if args.port is not None:
        settings = replace(settings, console=replace(settings.console, port=args.port))
    if args.coap_port is not None:
        settings = replace(settings, coap=replace(settings.coap, port=args.coap_port))
    return settings


def _exit_code(error: GatewayError) -> int:
    if isinstance(error, ConfigError):
        return 2
    return 3 if isinstance(error, PlaceError) else 1


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 (any free one) to 65535")
    return port


class _Parser(argparse.ArgumentParser):
    """Help that opens with an example."""

    example = "tocsin gateway run -c gateway.toml"

    def format_help(self) -> str:
        return f"example: {self.example}\n\n{super().format_help()}"


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="tocsin gateway")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in (("run", _run), ("check", _check)):
        sub = commands.add_parser(name, help=command.__doc__, description=command.__doc__)
        sub.example = f"tocsin gateway {name} -c gateway.toml"
        sub.set_defaults(command=command, port=None, coap_port=None)
        sub.add_argument(
            "-c", "--config", type=Path, required=True, metavar="FILE", help="gateway.toml"
        )
        sub.add_argument("--json", action="store_true", help="say it as one JSON object")
        if command is _run:
            for option, key in (("--port", "console.port"), ("--coap-port", "coap.port")):
                sub.add_argument(option, type=_port, metavar="PORT", help=f"instead of {key}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
