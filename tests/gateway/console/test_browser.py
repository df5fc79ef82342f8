"""The console in a real Chromium: what an officer sees, does and hears of. Real application, real
sockets, staged plant. Every page is checked for errors and for requests to any other host."""

import base64
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from gateway.console import events
from tools import scenery as scenes
from tools.scenery import Scenery

CHROMIUM = Path("/usr/bin/chromium")
SATURATED = 0.25  # of the brightest channel: beyond it a pixel has a colour
DESK: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"no {CHROMIUM}: apt-get install chromium"
)

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Opens the console of `scenery`; at the end, nothing may have gone wrong unseen."""
    errors: list[str] = []
    asked: list[str] = []
    pages: list[Page] = []

    def go(path: str = "/", viewport: ViewportSize = DESK, **options: Any) -> Page:
        context = browser.new_context(viewport=viewport, **options)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        answer = page.goto(address + path)
        assert answer is not None and answer.ok
        page.locator(".tile").first.wait_for()
        pages.append(page)
        return page

    yield go
    for page in pages:
        page.context.close()
    # A page that loses its gateway is told so by the browser too.
    assert [one for one in errors if not one.startswith("Failed to load resource")] == []
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


# --- within five seconds: what is wrong, where, how bad ---


@pytest.mark.alone
def test_tiles_are_there_within_a_second(open_page: Open) -> None:
    page = open_page()
    assert page.locator(".tile").count() == 3
    shown_ms = []
    for _ in range(3):  # the first of all also starts the browser's processes
        page.reload()
        page.locator(".tile").first.wait_for()
        shown_ms.append(page.evaluate("performance.now()"))
    assert min(shown_ms) < 1000


def test_tile_says_everything_about_its_value(open_page: Open, scenery: Scenery) -> None:
    scenery.show("pg-01/pressure", value=812_300.0, t_ms=scenery.now_ms(), provisional=False)
    tile = open_page().locator(".tile").first
    for words in ("pressure", "pg-01/pressure", "SIMULATED", "normal", "0.812", "MPa",
                  "± 0.002 MPa (k=2)", "0.000 MPa", "1.600 MPa", "HH", "good", "sealed", "ago",
                  "1 %: HH 1.000 MPa within 30 s"):  # fmt: skip
        expect(tile).to_contain_text(words)


@pytest.mark.alone
def test_alarm_adds_a_row_within_a_second(open_page: Open, scenery: Scenery) -> None:
    page = open_page()
    expect(page.locator("#alarms-empty")).to_be_visible()
    scenery.show("pg-01/pressure", value=1_003_000.0, t_ms=scenery.now_ms())
    began = time.monotonic()
    scenery.ring(scenery.alarm("pg-01/pressure", "HH"))
    row = page.locator("#alarms tr")
    expect(row).to_contain_text("pressure 1.003 MPa is above HH 1.000 MPa", timeout=1000)
    assert time.monotonic() - began < 1
    expect(row).to_contain_text("critical")
    expect(row).to_contain_text("NEW")
    expect(page.locator("#priorities li").first).to_have_text("1" + "1" + "critical")
    expect(page.locator("#shout")).to_contain_text("is above HH")
    expect(page).to_have_title("(1) critical · Demo plant")
    assert page.locator(".tile .fill.p1").count() == 1


def test_alarm_that_comes_twice_is_one_row(open_page: Open, scenery: Scenery) -> None:
    page = open_page()
    alarm = scenery.alarm("pg-01/pressure", "HH")
    scenery.ring(alarm)
    scenery.ring(alarm)
    scenery.ring(alarm, scenery.alarm("dm-01/dust", "H"))
    expect(page.locator("#alarms tr")).to_have_count(2)


def test_rows_stand_worst_first_then_newest_and_real_before_drill(
    open_page: Open, scenery: Scenery
) -> None:
    now_ms = scenery.now_ms()
    scenery.ring(
        scenery.alarm("dm-01/dust", "H", mode="drill", priority=1),
        scenery.alarm("sm-01/speed", "H", mode="normal", priority=3, since_ms=now_ms - 9000),
        scenery.alarm("dm-01/dust", "HH", mode="normal", priority=3, since_ms=now_ms - 2000),
        scenery.alarm("pg-01/pressure", "HH", mode="normal", priority=1),
        scenery.alarm("sm-01/speed", "HH", "SHELVED", mode="normal"),
    )
    page = open_page()
    shown = [row.get_attribute("data-key") for row in page.locator("#alarms tr").all()]
    assert shown == ["pg-01/pressure.HH", "dm-01/dust.HH", "sm-01/speed.H", "dm-01/dust.H"]


def test_alarm_of_two_days_ago_is_there(open_page: Open, scenery: Scenery) -> None:
    since_ms = scenery.now_ms() - 2 * 86_400_000
    scenery.ring(scenery.alarm("pg-01/pressure", "HH", since_ms=since_ms))
    expect(open_page().locator("#alarms tr")).to_contain_text("48 h")


def test_returned_alarm_says_so(open_page: Open, scenery: Scenery) -> None:
    scenery.ring(scenery.alarm("dm-01/dust", "H", "RTN_UNACK"))
    row = open_page().locator("#alarms tr")
    expect(row).to_contain_text("is back within H 250 µg/m³")
    expect(row).to_contain_text("RTN")
    expect(row.locator("svg.open")).to_have_count(1)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", {"UNACK": "again", "ACKED": "ack.", "RTN_UNACK": "returned"}),
        ("zh", {"UNACK": "再次", "ACKED": "确认", "RTN_UNACK": "恢复"}),
    ],
)
def test_row_says_when_it_began_before_when_it_changed(
    open_page: Open, scenery: Scenery, language: str, said: dict[str, str]
) -> None:
    started_ms = 1_772_690_829_123
    page = open_page(f"/?lang={language}", timezone_id="Asia/Shanghai")
    for state, word in said.items():
        scenery.ring(scenery.alarm("dm-01/dust", "H", state, started_ms=started_ms,
                                   since_ms=started_ms + 61_000))  # fmt: skip
        began = {"en": "alarm", "zh": "报警"}[language]
        times = page.locator("#alarms time")
        expect(times).to_have_text([f"{began} 14:07:09", f"{word} 14:08:10"])
        expect(times.last).to_have_attribute("title", "2026-03-05 14:08:10.123 +08:00")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "speed 20.0 km/h is at HH 20.0 km/h"),
        ("zh", "速度 20.0 km/h，达到 HH 限值 20.0 km/h"),
    ],
)
def test_value_that_reads_like_its_limit_is_at_it(
    open_page: Open, scenery: Scenery, language: str, said: str
) -> None:
    scenery.show("sm-01/speed", value=20.04, t_ms=scenery.now_ms())
    scenery.ring(scenery.alarm("sm-01/speed", "HH"))
    sentence = open_page(f"/?lang={language}").locator("#alarms button")
    expect(sentence).to_have_text(said)
    scenery.show("sm-01/speed", value=20.06, t_ms=scenery.now_ms())
    expect(sentence).to_contain_text("20.1")
    expect(sentence).to_contain_text({"en": "is above", "zh": "高于"}[language])


def test_alarms_without_a_limit_have_sentences(open_page: Open, scenery: Scenery) -> None:
    fault = scenery.alarm("dm-01/dust", "fault")
    scenery.show("dm-01/dust", quality=0x10, quality_word="open loop", value=None)
    chain = {**scenery.alarm("pg-01/pressure", "chain"), "instrument": "pg-01/chain",
             "quantity": "other", "unit": "", "value": 2.0}  # fmt: skip
    scenery.ring(fault, chain, scenery.alarm("sm-01/speed", "journal"))
    page = open_page()
    for sentence in (
        "dust: the instrument reports a fault (open loop)",
        "pg-01: sealed records do not follow one another (2 breaks)",
        "sm-01: the journal of the node is nearly full",
    ):
        expect(page.locator("#alarms")).to_contain_text(sentence)


def test_flood_of_a_thousand_alarms_shows_every_one(open_page: Open, scenery: Scenery) -> None:
    page = open_page()
    one = scenery.alarm("pg-01/pressure", "HH")
    scenery.alarms = [{**one, "key": f"pg-01/pressure.{i}"} for i in range(1000)]
    scenery.emit({"type": "alarms", "alarms": scenery.alarms})
    expect(page.locator("#alarms tr")).to_have_count(1000)
    expect(page.locator("#priorities b").first).to_have_text("1000")
    scenery.emit({"type": "alarms", "alarms": scenery.alarms[:1]})
    expect(page.locator("#alarms tr")).to_have_count(1)


# --- predictions ---


def test_prediction_has_its_own_lane_and_look(open_page: Open, scenery: Scenery) -> None:
    scenes.predicted(scenery)
    page = open_page()
    lane = page.locator("#predicted li")
    expect(lane).to_have_count(1)
    expect(lane).to_contain_text(
        re.compile(r"pressure 93 %: HH 1\.000\sMPa in \d+\ss \(\d+–\d+\ss\)")
    )
    expect(page.locator("#alarms tr")).to_have_count(0)
    expect(page.locator("#states li[data-key=predicted]")).to_have_text("1predicted")
    colours = page.evaluate(
        """() => [...document.querySelectorAll('.predicted *')].flatMap((node) => {
             const style = getComputedStyle(node);
             return [style.color, style.backgroundColor, style.fill, style.stroke];
           })"""
    )
    alarms = {"rgb(200, 16, 46)", "rgb(232, 112, 10)", "rgb(255, 209, 0)", "rgb(111, 163, 220)"}
    assert not alarms & set(colours)
    box = lane.locator("[data-f=band]").bounding_box()
    assert box is not None and box["width"] > 5


def test_band_of_a_forecast_is_said_only_where_it_is_one(
    open_page: Open, scenery: Scenery
) -> None:
    ahead = {"t_ms": scenery.now_ms(), "level": 800_000.0, "slope": 40_000.0, "sd": 900.0,
             "p": 0.95, "at": "HH", "tte_s": 5.0, "tte10_s": 4.8, "tte90_s": 5.2}  # fmt: skip
    scenery.show("pg-01/pressure", value=800_000.0, t_ms=scenery.now_ms(), forecast=ahead)
    said = open_page().locator(".tile [data-f=forecast]").first
    expect(said).to_have_text("95 %: HH 1.000 MPa in 5 s")
    scenery.show("pg-01/pressure", forecast={**ahead, "tte90_s": 6.2})
    expect(said).to_have_text("95 %: HH 1.000 MPa in 5 s (5–6 s)")


def test_prediction_that_ended_unacknowledged_stays(open_page: Open, scenery: Scenery) -> None:
    scenery.ring(scenery.alarm("pg-01/pressure", "pHH", "RTN_UNACK", p=0.4))
    expect(open_page().locator("#predicted li")).to_contain_text("ended")


# --- what is not real, not good or not fresh cannot pass for it ---


def test_simulated_data_is_marked_everywhere(open_page: Open) -> None:
    page = open_page()
    expect(page.locator("#banner")).to_contain_text("SIMULATED DATA – not real measurements")
    box = page.locator("#banner").bounding_box()
    assert box is not None and box["width"] > 1300 and box["y"] < 120
    assert page.locator(".tile .mode").all_inner_texts() == ["SIMULATED"] * 3


def test_banner_does_not_call_a_prediction_an_alarm(open_page: Open, scenery: Scenery) -> None:
    scenery.ring(scenery.alarm("pg-01/pressure", "pHH", p=0.93))
    page = open_page()
    banner = page.locator("#banner")
    expect(page.locator("#alarms-empty")).to_be_visible()
    expect(banner).to_contain_text("all 3 instruments: nothing here is real")
    expect(banner).not_to_contain_text("alarm")
    scenery.show("sm-01/speed", mode="normal")
    scenery.ring(
        scenery.alarm("pg-01/pressure", "pHH", p=0.93),
        scenery.alarm("dm-01/dust", "H"),
        scenery.alarm("dm-01/dust", "HH", "SHELVED"),
        scenery.alarm("sm-01/speed", "H"),
    )
    expect(banner).to_contain_text("alarms not real: 1 of 2 · predictions not real: 1 of 1")


def test_real_data_has_no_banner_and_one_drill_names_itself(
    open_page: Open, scenery: Scenery
) -> None:
    for key in scenery.instruments:
        scenery.instruments[key]["mode"] = "normal"
    page = open_page()
    expect(page.locator("#banner")).to_be_hidden()
    scenery.show("dm-01/dust", mode="drill")
    expect(page.locator("#banner")).to_contain_text("DRILL – not real measurements · dm-01/dust")
    scenery.show("dm-01/dust", mode="#7")
    expect(page.locator("#banner")).to_contain_text("unknown (#7)")


def test_silent_and_failed_instruments_are_grey_with_a_question_mark(
    open_page: Open, scenery: Scenery
) -> None:
    scenes.faulty(scenery)
    page = open_page()
    failed, silent = page.locator(".tile").nth(1), page.locator(".tile").nth(2)
    for tile in (failed, silent):
        expect(tile.locator(".doubt")).to_be_visible()
        expect(tile.locator(".fill")).to_have_attribute("class", "fill")
    expect(failed.locator(".number")).to_be_empty()
    expect(failed.locator(".quality")).to_have_attribute("data-letter", "F")
    expect(failed).to_contain_text("failure: bad checksum")
    expect(silent).to_contain_text("last heard 3 min ago")
    expect(page.locator("#states li[data-key=silent]")).to_have_text("2without data")


def test_plain_sender_without_range_is_shown_as_unsealed(
    open_page: Open, scenery: Scenery
) -> None:
    page = open_page()
    scenery.show("sm-01/speed", sealed=False, provisional=False, low=None, high=None,
               uncertainty=None, horizon_s=None, period_ms=None, limits=[], forecast=None,
               quantity="other", unit="kg", value=12.5, t_ms=scenery.now_ms())  # fmt: skip
    tile = page.locator(".tile").nth(2)
    for words in ("value", "12.50", "kg", "unsealed", "no forecast", "no limits"):
        expect(tile).to_contain_text(words)
    expect(tile).not_to_contain_text("normal")
    expect(tile.locator(".bar")).to_be_hidden()
    tile.locator("button").click()
    expect(page.locator("#trend-name")).to_have_text("value · sm-01/speed")


def test_names_from_the_wire_are_text_only(open_page: Open, scenery: Scenery) -> None:
    page = open_page()
    scenery.show("dm-01/dust", urn="<img src=x onerror=alert(1)>", quality=0x30,
               quality_word="<img src=x onerror=alert(1)>")  # fmt: skip
    expect(page.locator(".tile").nth(1)).to_contain_text("unknown (<img src=x")
    assert page.locator("img").count() == 0


# --- the connection ---


def test_lost_connection_is_said_and_mends_itself(open_page: Open, scenery: Scenery) -> None:
    scenes.critical(scenery)
    page = open_page()
    expect(page.locator("#alarms tr")).to_have_count(3)
    page.route("**/api/events", lambda route: route.abort())
    scenery.end_streams()
    expect(page.locator("#lost")).to_contain_text("Connection lost", timeout=5000)
    expect(page.locator("body")).to_have_class("lost")
    expect(page.locator(".tile .doubt").first).to_be_visible()
    assert _coloured(page) < 0.001
    page.unroute("**/api/events")
    expect(page.locator("#lost")).to_be_hidden(timeout=5000)
    expect(page.locator("#alarms tr")).to_have_count(3)
    expect(page.locator(".tile")).to_have_count(3)


@pytest.mark.alone
def test_gateway_that_hangs_is_noticed(
    open_page: Open, scenery: Scenery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "BEAT_S", 3600)
    page = open_page()
    began = time.monotonic()
    expect(page.locator("#lost")).to_be_visible(timeout=6000)
    assert time.monotonic() - began < 5.5


def test_overflow_makes_the_page_fetch_everything_again(open_page: Open, scenery: Scenery) -> None:
    page = open_page()
    scenery.alarms = [scenery.alarm("sm-01/speed", "HH")]  # as if the message had been dropped
    scenery.emit({"type": "resync"})
    expect(page.locator("#alarms tr")).to_have_count(1)


# --- trend ---


def test_trend_follows_the_selected_tile(open_page: Open) -> None:
    page = open_page()
    expect(page.locator("#trend-name")).to_have_text("pressure · pg-01/pressure")
    with page.expect_request(re.compile(r"/api/trend\?key=dm-01%2Fdust&from_ms=\d+&to_ms=\d+")):
        page.locator(".tile").nth(1).click()
    expect(page.locator("#trend-name")).to_have_text("dust · dm-01/dust")
    assert page.locator("#plot canvas").count() == 1


def test_trend_goes_to_the_trouble_until_somebody_chooses(
    open_page: Open, scenery: Scenery
) -> None:
    page = open_page()
    dust, speed = scenery.alarm("dm-01/dust", "H"), scenery.alarm("sm-01/speed", "H")
    scenery.ring(dust)
    expect(page.locator("#trend-name")).to_have_text("dust · dm-01/dust")
    scenery.ring(dust, speed)
    expect(page.locator("#alarms tr")).to_have_count(2)
    expect(page.locator("#trend-name")).to_have_text("dust · dm-01/dust")
    page.locator(".tile").first.click()
    scenery.ring(speed)
    expect(page.locator("#alarms tr")).to_have_count(1)
    expect(page.locator("#trend-name")).to_have_text("pressure · pg-01/pressure")


def test_trend_goes_on_to_worse_trouble(open_page: Open, scenery: Scenery) -> None:
    page = open_page()
    name = page.locator("#trend-name")
    dust, speed, pressure = "dm-01/dust", "sm-01/speed", "pg-01/pressure"
    steps = [  # worse every time: over, to come, answered, unanswered, of higher priority, real
        (dust, scenery.alarm(dust, "H", "RTN_UNACK")),
        (speed, scenery.alarm(speed, "pHH", p=0.9)),
        (dust, scenery.alarm(dust, "fault", "ACKED", priority=4)),
        (speed, scenery.alarm(speed, "fault", priority=4)),
        (pressure, scenery.alarm(pressure, "HH")),
        (dust, scenery.alarm(dust, "HH", "LATCH_ACKED", mode="normal")),
    ]
    standing = []
    for key, alarm in steps:
        standing.append(alarm)
        scenery.ring(*standing)
        expect(name).to_contain_text(key)
    scenery.ring(scenery.alarm(pressure, "HH", "RTN_UNACK"), scenery.alarm(speed, "H"))
    expect(name).to_contain_text(speed)
    scenery.ring()
    expect(page.locator("#alarms-empty")).to_be_visible()
    expect(name).to_contain_text(speed)


def test_trend_says_when_the_history_cannot_be_read(open_page: Open, scenery: Scenery) -> None:
    page = open_page()
    page.route("**/api/trend*", lambda route: route.fulfill(
        status=404, json={"error": "bad query", "field": "key", "detail": "no instrument"}
    ))  # fmt: skip
    page.get_by_role("button", name="15 min").click()
    expect(page.locator("#trend-note")).to_contain_text("(no instrument)")


def test_series_keeps_gaps_and_joins_stored_to_live(open_page: Open) -> None:
    found = open_page().evaluate(
        """async () => {
             const { columns } = await import('/static/js/series.js');
             const stored = { t_ms: [0, 1000, 9000, 10000], min: [1, 2, 3, null],
                              max: [2, 3, 4, null], quality: [0, 0, 0x30, 0x10] };
             return columns(stored, [[9500, 9, 0], [11000, 5, 0]], 200);
           }"""
    )
    x, low, high, live = found["data"]
    assert x == [0, 1, 5, 9, 10, 11]
    assert low == [1, 2, None, 3, None, None]
    assert high == [2, 3, None, 4, None, None]
    assert live == [None, None, None, None, None, 5]
    assert found["marks"] == [[1, 10, 1]]


# --- numbers, languages, keyboard ---


def test_units_are_converted_at_the_edge_by_range(open_page: Open) -> None:
    found = open_page().evaluate(
        """async () => {
             const f = await import('/static/js/format.js');
             const say = (value, unit, most) => f.quantity(value, f.scale(unit, most));
             return [say(1003000, 'Pa', 1.6e6), say(101325, 'Pa', 2.5e5), say(-40, 'Pa', 500),
                     say(1234, 'ug/m3', 1000), say(12340, 'ug/m3', 5e4), say(-0.04, 'km/h', 30),
                     f.uncertainty(20, f.scale('Pa', 1.6e6)), f.span(59.6), f.span(180),
                     f.span(3600), f.span(7200), f.between(3.2, 6.4),
                     f.percent(0.9999), f.percent(0.001)];
           }"""
    )
    assert [one.replace("\u00a0", " ") for one in found] == [
        "1.003 MPa", "101.3 kPa", "-40 Pa", "1,234 µg/m³", "12.34 mg/m³", "0.0 km/h",
        "0.00002 MPa", "60 s", "3 min", "1 h", "2 h", "3–6 s", "99", "<1",
    ]  # fmt: skip


def test_times_are_local_with_their_zone(open_page: Open, scenery: Scenery) -> None:
    scenery.ring(scenery.alarm("pg-01/pressure", "HH", since_ms=1_772_690_829_123))
    page = open_page(timezone_id="Asia/Shanghai")
    since = page.locator("#alarms time").first
    expect(since).to_have_text("14:07:09")
    expect(since).to_have_attribute("title", "2026-03-05 14:07:09.123 +08:00")
    expect(page.locator("#zone")).to_have_text("(+08:00)")
    expect(page.locator("#clock")).to_contain_text("+08:00")


def test_language_switch_keeps_the_place(open_page: Open, scenery: Scenery) -> None:
    scenes.critical(scenery)
    page = open_page()
    page.locator(".tile").nth(1).click()
    page.get_by_role("button", name="15 min").click()
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("#trend-name")).to_have_text("粉尘 · dm-01/dust")
    expect(page.locator("#spans [aria-pressed=true]")).to_have_text("15\u00a0min")
    expect(page.locator("#alarms")).to_contain_text("已恢复到 H 限值 250")
    page.goto(page.url.split("?")[0])
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


@pytest.mark.parametrize("scene", ["quiet", "critical", "faulty"])
def test_chinese_page_shows_no_english(open_page: Open, scenery: Scenery, scene: str) -> None:
    scenes.SCENES[scene](scenery)
    page = open_page("/?lang=zh")
    page.keyboard.press("?")
    shown = page.locator("body").inner_text().replace("Demo plant", "").replace("English", "")
    shown = re.sub(r"\b[a-z]{2}-01/\w+|\b(MPa|km/h|min|mA|Enter|Esc)\b", "", shown)
    assert re.findall(r"[A-Za-z]{3,}", shown) == []


def test_keyboard_reaches_everything(open_page: Open, scenery: Scenery) -> None:
    scenery.ring(scenery.alarm("sm-01/speed", "HH"))
    page = open_page()
    focused = "document.activeElement.textContent"
    page.keyboard.press("j")
    assert "speed" in page.evaluate(focused)
    page.keyboard.press("Enter")
    expect(page.locator("#trend-name")).to_have_text("speed · sm-01/speed")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate(focused) == "dust"
    outline = "getComputedStyle(document.activeElement, '::after').outlineWidth"
    assert page.evaluate(outline) == "3px"
    page.keyboard.press("k")
    assert page.evaluate(focused) == "pressure"
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    assert page.evaluate(focused) == "pressure"


def test_rows_stand_still_while_one_has_the_focus(open_page: Open, scenery: Scenery) -> None:
    first, worse = scenery.alarm("sm-01/speed", "H"), scenery.alarm("pg-01/pressure", "HH")
    scenery.ring(first)
    page = open_page()
    page.locator("#alarms button").focus()
    scenery.ring(first, worse)
    expect(page.get_by_role("button", name="1 new: show")).to_be_visible()
    expect(page.locator("#priorities li").first).to_have_text("11critical")
    assert page.locator("#alarms tr").count() == 1
    page.get_by_role("button", name="1 new: show").click()
    expect(page.locator("#alarms tr")).to_have_count(2)
    expect(page.locator("#more")).to_be_hidden()


# --- look ---


def test_quiet_screen_has_almost_no_colour(open_page: Open) -> None:
    assert _coloured(open_page()) < 0.02


def test_priorities_are_told_apart_without_colour(open_page: Open, scenery: Scenery) -> None:
    scenes.every_priority(scenery)
    page = open_page(reduced_motion="reduce")
    icons = page.locator("#alarms svg")
    expect(icons).to_have_count(4)
    shapes = {icon.locator(".shape").get_attribute("d") for icon in icons.all()}
    assert len(shapes) == 4
    assert [icon.locator("text").text_content() for icon in icons.all()] == ["1", "2", "3", "4"]
    grey = [_grey(page, icon.screenshot()) for icon in icons.all()]
    for i, one in enumerate(grey):
        for other in grey[i + 1 :]:
            assert _distance(one, other) > 12


def test_only_unacknowledged_icons_blink_once_a_second(open_page: Open, scenery: Scenery) -> None:
    scenery.ring(scenery.alarm("pg-01/pressure", "HH"), scenery.alarm("dm-01/dust", "H", "ACKED"))
    page = open_page()
    blinking = page.evaluate(
        """() => document.getAnimations().map((one) => [
             one.effect.getTiming().duration, one.effect.target.closest('svg').textContent])"""
    )
    assert {tuple(one) for one in blinking} == {(1000, "1")}
    still = open_page(reduced_motion="reduce")
    assert still.evaluate("document.getAnimations().length") == 0


def test_three_instruments_fit_a_small_desk_screen(open_page: Open, scenery: Scenery) -> None:
    scenes.critical(scenery)
    page = open_page()
    sizes = page.evaluate(
        """() => ['html', '.column', '.column:last-child', '.alarms .scroll']
             .map((name) => document.querySelector(name))
             .map((node) => [node.scrollHeight - node.clientHeight,
                             node.scrollWidth - node.clientWidth])"""
    )
    assert sizes == [[0, 0]] * len(sizes)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_phone_shows_one_column(open_page: Open, scenery: Scenery, language: str) -> None:
    scenes.critical(scenery)
    page = open_page(f"/?lang={language}", PHONE)
    page.locator("#alarms tr").nth(2).wait_for()
    beyond = "all => all.map((one) => one.scrollWidth - one.clientWidth)"
    assert set(page.locator("#alarms td").evaluate_all(beyond)) == {0}
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    boxes = [panel.bounding_box() for panel in page.locator(".panel:visible").all()]
    assert all(box is not None and box["x"] < 12 and box["width"] > 360 for box in boxes)
    heights = page.evaluate(
        "[...document.querySelectorAll('nav a, #spans button')].map((one) => one.offsetHeight)"
    )
    assert min(heights) >= 44


def _coloured(page: Page) -> float:
    """Share of saturated pixels of what is on the screen."""
    count = """const spread = (i) => Math.max(...rgb(i)) - Math.min(...rgb(i));
               let coloured = 0;
               for (let i = 0; i < data.length; i += 4) coloured += spread(i) > limit * 255;
               return coloured * 4 / data.length;"""
    return float(_decoded(page, page.screenshot(), count))


def _grey(page: Page, png: bytes) -> list[int]:
    """A picture as seen without colour, made small: luminance of 24 x 24 pixels."""
    weigh = """const kept = [];
               for (let i = 0; i < data.length; i += 4)
                 kept.push(0.2126 * data[i] + 0.7152 * data[i + 1] + 0.0722 * data[i + 2]);
               return kept;"""
    found: list[int] = _decoded(page, png, weigh, 24)
    return found


def _decoded(page: Page, png: bytes, then: str, size: int = 0) -> Any:
    """What `then` makes of the picture's `data`; decoded by the browser, in a page of its own."""
    decoder = page.context.browser.new_page()  # type: ignore[union-attr]
    found = decoder.evaluate(
        """async ([png, size, limit]) => {
             const picture = new Image();
             picture.src = 'data:image/png;base64,' + png;
             await picture.decode();
             const canvas = new OffscreenCanvas(size || picture.width, size || picture.height);
             const context = canvas.getContext('2d');
             context.drawImage(picture, 0, 0, canvas.width, canvas.height);
             const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
             const rgb = (i) => [data[i], data[i + 1], data[i + 2]];
             THEN
           }""".replace("THEN", then),
        [base64.b64encode(png).decode(), size, SATURATED],
    )
    decoder.close()
    return found


def _distance(one: list[int], other: list[int]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)
