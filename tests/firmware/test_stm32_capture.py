"""The STM32's own way of taking I and Q, over a `pyb` that stands for its library."""

import importlib
import sys
from array import array
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest


class Library(SimpleNamespace):
    """`pyb` as far as a capture needs it; `notes` say what was asked of it."""

    def __init__(self) -> None:
        self.notes: list[Any] = []
        library = self

        class Timer:
            def __init__(self, number: int, freq: int) -> None:
                library.notes.append(("timer", number, freq))

            def deinit(self) -> None:
                library.notes.append("stopped")

        class Adc:
            def __init__(self, pin: str) -> None:
                self.pin = pin

            @staticmethod
            def read_timed_multi(adcs: Any, bufs: Any, timer: Timer) -> bool:
                library.notes.append([adc.pin for adc in adcs])
                if library.broken:
                    raise OSError(5)
                for buf, first in zip(bufs, (0x000, 0x800), strict=True):
                    for index in range(len(buf)):
                        buf[index] = min(0xFFF, first + 0x7FF * index)
                return True

        super().__init__(notes=self.notes, Timer=Timer, ADC=Adc, Pin=str, broken=False)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    found = Library()
    monkeypatch.setitem(sys.modules, "pyb", found)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "machine", SimpleNamespace())
    names = ("firmware.board", "firmware.board._stm32", "firmware.board.nucleo_f7")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield found
    for name in names:
        sys.modules.pop(name, None)  # made over this library


def test_both_inputs_are_taken_at_the_beat_of_one_timer(library: Library) -> None:
    _stm32 = importlib.import_module("firmware.board._stm32")
    bufs = array("H", [0] * 3), array("H", [0] * 3)
    _stm32.read_timed_multi(("PC0", "PC3"), bufs, 8_000)
    assert library.notes == [("timer", 6, 8_000), ["PC0", "PC3"], "stopped"]
    assert list(bufs[0]) == [0, 0x7FF7, 0xFFEF] and list(bufs[1]) == [0x8008, 0xFFFF, 0xFFFF]


def test_the_timer_stops_when_the_converter_fails(library: Library) -> None:
    _stm32 = importlib.import_module("firmware.board._stm32")
    library.broken = True
    with pytest.raises(OSError):
        _stm32.read_timed_multi(("PC0", "PC3"), (array("H"), array("H")), 8_000)
    assert library.notes[-1] == "stopped"


def test_a_board_of_that_port_captures_so(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pin:
        IN = OUT = PULL_UP = IRQ_FALLING = IRQ_RISING = 0

        def __init__(self, *args: Any, **how: Any) -> None:
            pass

        def irq(self, *args: Any, **how: Any) -> None:
            pass

    machine = SimpleNamespace(Pin=Pin, unique_id=bytes, ADC=object)
    monkeypatch.setitem(sys.modules, "machine", machine)  # type: ignore[arg-type]
    board = importlib.import_module("firmware.board")
    pairs = board.build("nucleo_f7").capture_iq(2, 8_000)
    assert list(pairs) == [-0x8000, 8, -9, 0x7FFF]
