"""`tocsin node`: profiles and builds (flashing and provisioning of real boards come later)."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from gateway.errors import GatewayError
from tools import ui
from tools.node import build, profile


def main(argv: Sequence[str]) -> int:
    """Run `tocsin node ...`."""
    parser = argparse.ArgumentParser(prog="tocsin node", epilog=_EXAMPLE)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser(
        "build", help="check a profile; write what the board needs", epilog=_EXAMPLE
    )
    known = ", ".join(profile.examples())
    one.add_argument("profile", help=f"a file, or the name of an example: {known}")
    one.add_argument("--out", type=Path, required=True, help="folder to write into")
    one.add_argument("--json", action="store_true", help="end with one JSON object")
    args = parser.parse_args(argv)
    try:
        return _build(args.profile, args.out, args.json)
    except GatewayError as error:
        ui.error(str(error), error.hint)
        return ui.USAGE
    except OSError as error:
        ui.error(f"{error.filename or args.out}: {error.strerror}", "another --out FOLDER")
        return ui.USAGE


_EXAMPLE = "example: tocsin node build pressure --out build/pg-01"


def _build(name: str, out: Path, as_json: bool) -> int:
    found = profile.load(profile.named(name))
    library = build.compile_tree(profile.pins(found.sealed.board)["ARCH"])
    out.mkdir(parents=True, exist_ok=True)
    build.copy_tree(library, out / "lib")
    (out / "cfg.cbor").write_bytes(profile.encode(found))
    (out / "main.py").write_bytes((build.ROOT / "firmware" / "main.py").read_bytes())
    if as_json:
        ui.result({"node": found.sealed.node, "out": str(out), "board": found.sealed.board})
    else:
        ui.say(
            f"{found.sealed.node}: copy {out}/ to the root of the board and 32 random bytes to "
            "/key.bin; the gateway has the same bytes in its keys file"
        )
    return ui.PASS
