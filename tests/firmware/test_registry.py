"""Adding a sensor, an instrument or a board is one file and one word; the registries are whole."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from firmware import instruments, sampler, sensors
from protocols import codes, units
from tools.node import profile

FIRMWARE = Path(sensors.__file__).parents[1]

GEIGER = '''"""A sensor that nobody has: counts."""

from protocols import codes

BUS = "UART"
PARAMS = ("gain",)


def convert(raw):
    return float(raw), codes.GOOD


class Sensor:
    def __init__(self, bus, params):
        self.bus, self.gain = bus, params.get("gain", 1)

    def read(self, t_ms):
        return convert(7 * self.gain)
'''


def stems(folder: str) -> list[str]:
    return sorted(path.stem for path in (FIRMWARE / folder).glob("*.py") if path.stem[0] != "_")


@pytest.mark.parametrize("registry", [sensors, instruments])
def test_a_registry_names_every_file_of_its_folder(registry: ModuleType) -> None:
    assert sorted(registry.NAMES) == stems(registry.__name__.rpartition(".")[2])


@pytest.mark.parametrize("name", sensors.NAMES)
def test_a_sensor_keeps_its_contract(name: str) -> None:
    module = sensors.load(name)
    assert callable(module.convert) and isinstance(module.PARAMS, tuple)
    assert callable(module.Sensor.read)


@pytest.mark.parametrize("name", instruments.NAMES)
def test_an_instrument_keeps_its_contract(name: str) -> None:
    kind = instruments.load(name)
    assert units.unit(kind.QUANTITY) and -6 <= kind.SCALE <= 6
    assert kind.MAX_RATE_PER_S > 0 and kind.STUCK_MS >= 0


@pytest.mark.parametrize("registry", [sensors, instruments])
def test_an_unknown_name_is_a_key_error(registry: ModuleType) -> None:
    with pytest.raises(KeyError):
        registry.load("barometer")


class Board:
    def bus(self, name: str, baud: int | None = None) -> tuple[str, int | None]:
        return name, baud


def test_a_new_sensor_is_one_file_and_one_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "geiger.py").write_text(GEIGER)
    monkeypatch.setattr(sensors, "__path__", [*sensors.__path__, str(tmp_path)])
    monkeypatch.setattr(sensors, "NAMES", (*sensors.NAMES, "geiger"))
    text = (profile.PROFILES / "dust.toml").read_text()
    start, end = text.index("params"), text.index("\n", text.index("params"))
    text = text[:start] + "params = { gain = 2 }" + text[end:]
    path = tmp_path / "node.toml"
    path.write_text(text.replace('sensor = "pms5003"', 'sensor = "geiger"'))
    found = profile.load(path)
    channel = {**profile._plain(found.sealed)["channels"][0]}
    (built,) = sampler.build([channel], profile._plain(found.operating)["limits"], Board())
    sys.modules.pop("firmware.sensors.geiger")
    built.start(0)
    sample = built.take(0)
    assert (sample.value, sample.quality) == (14.0, codes.GOOD)
    assert "geiger" in built.description
