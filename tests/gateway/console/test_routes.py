"""Routes of the console: what they answer, to good and to bad queries."""

import re
import subprocess
import sys

import httpx
import msgspec
import pytest

from gateway.console import security
from tools.scenery import Scenery

_TREND = {"key": "pg-01/pressure", "from_ms": "1000", "to_ms": "61000", "points": "100"}


async def test_page_comes_in_the_configured_language(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.status_code == 200
    assert '<html lang="en">' in answer.text
    assert "Predicted crossings" in answer.text


async def test_language_asked_for_is_remembered(client: httpx.AsyncClient) -> None:
    assert '<html lang="zh-CN">' in (await client.get("/?lang=zh")).text
    assert '<html lang="zh-CN">' in (await client.get("/")).text
    assert '<html lang="en">' in (await client.get("/?lang=en")).text


async def test_unknown_language_in_a_cookie_is_passed_over(client: httpx.AsyncClient) -> None:
    client.cookies.set("lang", "xx")
    assert '<html lang="en">' in (await client.get("/")).text


async def test_unknown_language_in_the_query_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/?lang=fr")
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "bad query",
        "field": "lang",
        "detail": "lang must be one of zh, en, not 'fr'",
    }


@pytest.mark.parametrize(
    "path", ["/", "/?lang=fr", "/api/snapshot", "/healthz", "/static/js/main.js", "/nothing"]
)
async def test_every_answer_is_guarded(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    for name, value in security.HEADERS:
        assert headers[name] == value
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["cache-control"] == ("no-cache" if "/static/" in path else "no-store")


async def test_page_holds_no_inline_script_or_style(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    scripts = re.findall(r"<script[^>]*>", page)
    assert all("src=" in one or 'type="application/json"' in one for one in scripts)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert not re.search(r"https?://", page)


async def test_snapshot_is_the_live_state(client: httpx.AsyncClient, scenery: Scenery) -> None:
    answer = await client.get("/api/snapshot")
    found = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert found["instruments"] == list(scenery.instruments.values())
    assert set(found) == {"site", "now_ms", "counters", "instruments", "alarms"}


async def test_trend_is_what_the_store_gives(client: httpx.AsyncClient, scenery: Scenery) -> None:
    answer = await client.get("/api/trend", params=_TREND)
    wanted = scenery.trend("pg-01/pressure", 1000, 61000, 100)
    assert answer.json() == msgspec.json.decode(msgspec.json.encode(wanted))
    assert len(answer.json()["t_ms"]) == 60


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", ""),
        ("from_ms", ""),
        ("from_ms", "-1"),
        ("from_ms", "1e3"),
        ("from_ms", "٣"),
        ("from_ms", "9" * 4000),
        ("to_ms", "1000"),
        ("to_ms", "soon"),
        ("points", "0"),
        ("points", "4001"),
        ("points", "10.5"),
    ],
)
async def test_bad_trend_query_names_its_field(
    client: httpx.AsyncClient, field: str, value: str
) -> None:
    answer = await client.get("/api/trend", params={**_TREND, field: value})
    assert answer.status_code == 400
    assert answer.json()["field"] == field
    assert field in answer.json()["detail"]
    assert len(answer.text) < 300


async def test_unknown_instrument_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/trend", params={**_TREND, "key": "pg-09/pressure"})
    assert answer.status_code == 404
    assert answer.json()["detail"] == "no instrument 'pg-09/pressure' has reported"


async def test_health_is_answered(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_unchanged_file_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/static/js/main.js")
    again = await client.get(
        "/static/js/main.js", headers={"if-none-match": first.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/nothing"])
async def test_only_static_files_are_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/", "/api/snapshot", "/api/trend", "/api/events"])
async def test_nothing_can_be_written(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.post(path)).status_code == 405


def test_package_loads_no_web_framework() -> None:
    code = "import sys, gateway.console; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"starlette", "jinja2", "uvicorn"} & set(loaded)
