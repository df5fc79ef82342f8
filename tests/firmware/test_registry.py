"""The registries of sensors and instruments are whole, and their modules keep their contracts."""

from pathlib import Path
from types import ModuleType

import pytest

from firmware import instruments, sensors
from protocols import units
from tools.node import profile

FIRMWARE = Path(sensors.__file__).parents[1]


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
    assert all(profile.pins(board)[module.BUS] for board in profile._boards())
    assert (module.BUS == "I2C") == hasattr(module, "ADDRESS")


@pytest.mark.parametrize("name", instruments.NAMES)
def test_an_instrument_keeps_its_contract(name: str) -> None:
    kind = instruments.load(name)
    assert units.unit(kind.QUANTITY) and -6 <= kind.SCALE <= 6
    assert kind.MAX_RATE_PER_S > 0 and kind.STUCK_MS >= 0


@pytest.mark.parametrize("registry", [sensors, instruments])
def test_an_unknown_name_is_a_key_error(registry: ModuleType) -> None:
    with pytest.raises(KeyError):
        registry.load("barometer")
