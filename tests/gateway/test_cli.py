"""`tocsin gateway`: exit codes, errors with a way out, clean start and stop."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import aiocoap
import httpx
import pytest

from gateway import cli


@pytest.fixture
def config_file(settings, tmp_path):
    return str(tmp_path / "gateway.toml")


class Process:
    """The gateway as a process of its own."""

    def __init__(self, process, addresses):
        self.process = process
        self.coap = addresses["coap"]
        self.console = addresses["console"]

    async def end(self, number):
        """Send a signal; seconds until the process was gone."""
        start = time.monotonic()
        self.process.send_signal(number)
        async with asyncio.timeout(10):
            await self.process.wait()
        return time.monotonic() - start


@pytest.fixture
async def start(config_file):
    running = []

    async def run(*more):
        command = (sys.executable, "-m", "gateway.cli", "run", "-c", config_file, "--json", *more)
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        running.append(process)
        async with asyncio.timeout(20):
            line = await process.stdout.readline()
        return Process(process, json.loads(line))

    yield run
    for process in running:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def test_check_says_ok(config_file, capsys):
    assert cli.main(["check", "-c", config_file]) == 0
    assert capsys.readouterr().out.endswith("gateway.toml: OK, 2 nodes\n")


def test_check_counts_one_node_as_one(config_file, tmp_path, capsys):
    (tmp_path / "keys.toml").write_text(f'[keys]\n"pg-01" = "{"ab" * 32}"\n')
    assert cli.main(["check", "-c", config_file]) == 0
    assert capsys.readouterr().out.endswith("gateway.toml: OK, 1 node\n")


def test_check_leaves_nothing_behind(config_file, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in (tmp_path, *tmp_path.iterdir())}
    assert cli.main(["check", "-c", config_file]) == 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path, *tmp_path.iterdir())} == before


async def test_check_is_content_while_the_gateway_runs(start, config_file):
    await start()
    assert cli.main(["check", "-c", config_file]) == 0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "[coap]",
            '[coap]\nbind = "192.0.2.1"',
            "coap.bind 192.0.2.1 is not an address of this machine",
        ),
        (
            "[console]",
            '[console]\nbind = "192.0.2.1"',
            "console.bind 192.0.2.1 is not an address of this machine",
        ),
        ("[coap]", '[coap]\nbind = "no address"', "coap.bind 'no address' is no address"),
        (
            "gateway.db",
            "nowhere/gateway.db",
            "gateway.db cannot be used: No such file or directory",
        ),
        ("gateway.db", "keys.toml/gateway.db", "gateway.db cannot be used: Not a directory"),
        ('"gateway.db"', '"."', "cannot be used: Is a directory"),
    ],
)
def test_check_says_what_run_would_say_of_this_machine(config_file, capsys, old, new, words):
    path = Path(config_file)
    path.write_text(path.read_text().replace(old, new))
    assert cli.main(["check", "-c", config_file]) == 3
    said = capsys.readouterr().err
    assert words in said
    assert cli.main(["run", "-c", config_file]) == 3
    assert capsys.readouterr().err == said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_check_sees_a_directory_that_cannot_be_written(config_file, tmp_path, capsys):
    tmp_path.chmod(0o500)
    try:
        assert cli.main(["check", "-c", config_file]) == 3
    finally:
        tmp_path.chmod(0o700)
    assert "gateway.db cannot be used: Permission denied" in capsys.readouterr().err


def test_a_wrong_key_is_exit_code_2(config_file, capsys):
    path = Path(config_file)
    path.write_text(path.read_text() + "[consol]\n")
    assert cli.main(["check", "-c", config_file]) == 2
    assert "consol is not a setting; did you mean console?" in capsys.readouterr().err


def test_missing_keys_are_exit_code_2(config_file, tmp_path, capsys):
    (tmp_path / "keys.toml").unlink()
    assert cli.main(["run", "-c", config_file]) == 2
    assert "keys.toml: there is no such file" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["run"], ["check"]])
def test_every_help_opens_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main([*command, "--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("example: tocsin gateway ")


def test_wrong_use_is_exit_code_2(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["run"])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("which", "kind", "option"),
    [("coap", socket.SOCK_DGRAM, "--coap-port"), ("console", socket.SOCK_STREAM, "--port")],
)
def test_a_port_in_use_says_which_and_how_to_choose_another(
    config_file, capsys, which, kind, option
):
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = str(taken.getsockname()[1])
        assert cli.main(["run", "-c", config_file, option, port]) == 3
    said = capsys.readouterr().err
    assert f"the {which} port {port} on 127.0.0.1 is in use by another program" in said
    assert f"choose another: {which}.port in the configuration, or {option} PORT" in said


def test_an_address_of_another_machine_is_said_to_be_one(config_file, capsys):
    path = Path(config_file)
    path.write_text(path.read_text().replace("[coap]", '[coap]\nbind = "192.0.2.1"'))
    assert cli.main(["run", "-c", config_file]) == 3
    assert "coap.bind 192.0.2.1 is not an address of this machine" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_within_two_seconds_even_if_a_browser_listens(start, number):
    gateway = await start()
    async with (
        httpx.AsyncClient() as browser,
        browser.stream("GET", f"{gateway.console}/api/events") as stream,
    ):
        await anext(stream.aiter_lines())
        assert await gateway.end(number) < 2
    assert gateway.process.returncode == 0
    assert await gateway.process.stderr.read() == b""


async def test_two_gateways_cannot_share_a_port(start, config_file):
    gateway = await start()
    port = gateway.coap.rpartition(":")[2]
    command = (sys.executable, "-m", "gateway.cli", "run", "-c", config_file, "--coap-port", port)
    second = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, said = await second.communicate()
    assert second.returncode == 3
    assert b"in use by another program" in said


async def test_a_restarted_gateway_shows_what_stood_before(start, node):
    gateway = await start()
    context = await aiocoap.Context.create_client_context()
    for sealed in (node.birth(), node.alarm()):
        message = aiocoap.Message(code=aiocoap.POST, uri=f"{gateway.coap}/b", payload=sealed)
        assert (await context.request(message).response).code == aiocoap.CHANGED
    await context.shutdown()
    async with httpx.AsyncClient() as browser:
        before = (await browser.get(f"{gateway.console}/api/snapshot")).json()
        await gateway.end(signal.SIGTERM)
        gateway = await start()
        after = (await browser.get(f"{gateway.console}/api/snapshot")).json()
    assert after["alarms"] == before["alarms"] != []
    differing = {"silent"}
    for one, other in zip(after["instruments"], before["instruments"], strict=True):
        assert {k: v for k, v in one.items() if k not in differing} == {
            k: v for k, v in other.items() if k not in differing
        }
