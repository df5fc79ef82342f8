"""The `tocsin` command: mounts every other command and loads none before it is called."""

import importlib
import importlib.metadata
import os
import sys
from collections.abc import Sequence

from tools import ui

# (word, module whose main(argv) it is, what it does)
COMMANDS = (
    ("demo", "tools.demo.cli", "three instruments, a gateway and its live page"),
    ("gateway", "gateway.cli", "take sealed blocks, store them, show them"),
    ("sim", "tools.simulate", "scenarios on the simulated bench: list, run, replay"),
    ("node", "tools.node.cli", "check a node's profile and build what its board needs"),
    ("bench", "tools.bench.cli", "measure what design promises in figures"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` names; exit codes are those of `tools.ui`."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except KeyboardInterrupt:
        ui.say("stopped")
        return ui.STOPPED
    except BrokenPipeError:  # whoever read our output has gone: nothing is wrong here
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ui.PASS


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(_help())
        return ui.PASS if words else ui.USAGE
    if words[0] == "--version":
        print(f"tocsin {importlib.metadata.version('tocsin')}")
        return ui.PASS
    for word, module, _ in COMMANDS:
        if words[0] == word:
            return int(importlib.import_module(module).main(words[1:]))
    known = ", ".join(word for word, _, _ in COMMANDS)
    ui.error(f"there is no command {words[0]!r}", f"one of: {known}")
    return ui.USAGE


def _help() -> str:
    lines = [f"  {word:8} {purpose}" for word, _, purpose in COMMANDS]
    example = "tocsin demo --seconds 60        then open the address that it prints"
    return "\n".join([f"example: {example}", "", "commands:", *lines, "", "tocsin COMMAND --help"])


if __name__ == "__main__":
    sys.exit(main())
