"""Importing the packages loads nothing heavy."""

import subprocess
import sys

HEAVY = ("aiocoap", "uvicorn", "starlette", "jinja2", "cbor2", "sqlite3", "msgspec", "asyncio")


def test_importing_the_packages_loads_none_of_their_tools():
    code = (
        "import sys, gateway, gateway.store, gateway.ingest;"
        f"print([one for one in {HEAVY} if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_commands_load_neither_network_nor_database_before_they_are_needed():
    code = f"import sys, gateway.cli;print([one for one in {HEAVY[:6]} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
