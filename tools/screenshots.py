"""The pictures of the console, for people to look at: `python -m tools.screenshots`.

The scenes come from the staged plant of `tools.scenery`, so that a picture shows what it is meant
to show; `running.*.png` is the real thing, taken from `tocsin demo` right after its first alarm.
`--serve SCENE` leaves a scene open for a browser instead.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from gateway import console
from tools import scenery, ui

CHROMIUM = Path("/usr/bin/chromium")
FOLDER = Path(console.__file__).with_name("pictures")
BYTES_MAX = 150_000
ZONE = "Asia/Shanghai"
DESK = (1366, 768)
PHONE = (390, 844)
SETTLE_MS = 900
DEMO_PORT = 18480
DEMO_S = 60


@dataclass(frozen=True)
class Picture:
    """One file: which scene, in which language, on which screen."""

    scene: str
    language: str
    screen: tuple[int, int] = DESK
    name: str = ""

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name or self.scene}.{self.language}.png"


PICTURES = (
    Picture("quiet", "zh"),
    Picture("predicted", "en"),
    Picture("critical", "zh"),
    Picture("critical", "en"),
    Picture("faulty", "en"),
    Picture("critical", "zh", PHONE, "phone"),
    Picture("critical", "en", DESK, "lost"),
    Picture("quiet", "zh", DESK, "help"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Make every picture, or serve a scene."""
    args = _parser().parse_args(argv)
    if args.serve:
        return _serve(args.serve)
    if not CHROMIUM.exists():
        ui.error(f"no {CHROMIUM}", "apt-get install chromium fonts-noto-cjk")
        return ui.ENVIRONMENT
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        paths = [_take(browser, one) for one in PICTURES] + _running(browser)
        browser.close()
    for path in paths:
        ui.say(f"{path.relative_to(FOLDER.parents[2])}  {path.stat().st_size} bytes")
    return ui.FAILED if any(path.stat().st_size > BYTES_MAX for path in paths) else ui.PASS


def _take(browser: Browser, picture: Picture) -> Path:
    with _staged(picture.scene, picture.language) as (plant, address):
        page = _page(browser, address, picture.screen)
        plant.read()
        if picture.name == "lost":
            page.route("**/api/events", lambda route: route.abort())
            plant.end_streams()
            page.wait_for_selector("#lost:visible")
        if picture.name == "help":
            page.keyboard.press("?")
        page.wait_for_timeout(SETTLE_MS)
        _shoot(page, picture.path, picture.screen is PHONE)
        page.context.close()
    return picture.path


def _running(browser: Browser) -> list[Path]:
    """The demo in both languages, right after its first alarm."""
    command = [sys.executable, "-m", "tools.cli", "demo"]
    demo = subprocess.Popen([*command, "--port", str(DEMO_PORT), "--seconds", str(DEMO_S)])
    try:
        address = f"http://127.0.0.1:{DEMO_PORT}"
        paths = [FOLDER / f"running.{language}.png" for language in ("zh", "en")]
        pages = [_page(browser, f"{address}/?lang={path.suffixes[0][1:]}", DESK) for path in paths]
        for page in pages:
            page.wait_for_selector("#alarms tr", timeout=DEMO_S * 1000)
        for page, path in zip(pages, paths, strict=True):
            _shoot(page, path, False)
            page.context.close()
    finally:
        demo.terminate()
        demo.wait()
    return paths


def _page(browser: Browser, address: str, screen: tuple[int, int]) -> Page:
    context = browser.new_context(
        viewport={"width": screen[0], "height": screen[1]}, timezone_id=ZONE
    )
    page = context.new_page()
    for _ in range(100):  # the demo needs a moment before it listens
        try:
            page.goto(address)
            break
        except Exception as error:
            if "ERR_CONNECTION_REFUSED" not in str(error):
                raise
            time.sleep(0.2)
    page.wait_for_selector(".tile", timeout=30_000)
    return page


def _shoot(page: Page, path: Path, whole: bool) -> None:
    # Disabled animations stand at their start: no icon is caught in the dark half of its blink.
    page.screenshot(path=path, full_page=whole, animations="disabled")


@contextmanager
def _staged(scene: str, language: str) -> Iterator[tuple[scenery.Scenery, str]]:
    plant = scenery.Scenery()
    scenery.SCENES[scene](plant)
    config: Any = SimpleNamespace(
        site=SimpleNamespace(name=plant.site), console=SimpleNamespace(language=language)
    )
    with scenery.serve(console.build(plant, plant, config)) as address:
        yield plant, address
        plant.end_streams()


def _serve(scene: str) -> int:
    with _staged(scene, "en") as (plant, address):
        ui.say(f"{scene}: {address}   (Ctrl-C ends it)")
        try:
            while True:
                plant.read()
                time.sleep(0.5)
        except KeyboardInterrupt:
            return ui.PASS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("--serve", choices=tuple(scenery.SCENES), metavar="SCENE")
    return parser


if __name__ == "__main__":
    sys.exit(main())
