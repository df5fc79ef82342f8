"""What each board's silicon offers its firmware: heap, flash, converter, habits of its port.

Heap: 1.6 times what the board's MicroPython has free at its prompt, because 64-bit objects are
1.3 to 2 times as large as a board's, at most `HEAP_CAP_KIB`. A Pico W has 185 KB free (measured on
1.24.1). The others are computed from their RAM in the same proportion, not measured.

Flash: size of the file system in MicroPython's board files: ports/rp2/boards/RPI_PICO_W (848 KiB
of 2 MiB), RPI_PICO2_W (all but 1536 KiB of 4 MiB), ports/esp32/partitions-8MiB.csv (6 MiB). The
Nucleo's stands on an external Winbond W25Q128JV (16 MiB). Page, sector and times are those of the
W25Q family (data sheet W25Q128JV rev. F, 9.6: page program 0.7 ms, sector erase 45 ms typical,
400 ms at most; 100,000 cycles a sector, section 2), which all of these boards carry or carry the
like of.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

HEAP_CAP_KIB = 512


@dataclass(frozen=True)
class Silicon:
    """One board's numbers."""

    platform: str
    heap_kib: int
    flash_kib: int
    page_bytes: int = 256
    erase_bytes: int = 4096
    program_us: int = 700
    erase_ms: int = 45
    erase_max_ms: int = 400
    endurance_cycles: int = 100_000
    ethernet: bool = False


SOFT_RESET, RESET, POWER_LOSS = range(3)


@dataclass(frozen=True)
class Port:
    """Habits of one MicroPython port, from its sources under ports/."""

    nak_errno: int  # what I2C raises when nobody acknowledges
    reset_cause: int  # how the chip calls a `machine.reset()`
    page_bytes: int  # in which its file system programs
    full_scale_v: tuple[float, ...]  # of the ADC, one for each attenuation
    rtc_outlives: int  # SOFT_RESET, RESET or POWER_LOSS
    rtc_blank: str  # where it begins then, a date
    epoch: str = "1970-01-01"  # of its time.time()

    @property
    def rtc_blank_s(self) -> int:
        """The same as unix time."""
        return _unix_s(self.rtc_blank)

    @property
    def epoch_s(self) -> int:
        """Unix time of its time 0."""
        return _unix_s(self.epoch)

    def code(self, volts: float, attenuation: int) -> int:
        """What `ADC.read_u16` gives: 12 bits, clipped, spread over 16 as the ports do it."""
        full_scale_v = self.full_scale_v[min(attenuation, len(self.full_scale_v) - 1)]
        code = max(0, min(4095, round(volts / full_scale_v * 4095)))
        return code << 4 | code >> 8


def _unix_s(date: str) -> int:
    return round(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())


_ENODEV, _EIO = 19, 5
_SOFT_RESET, _WDT_RESET, _HARD_RESET = 5, 3, 2

PORTS = {
    # ESP32-S3 data sheet table 5-5: 0, 2.5, 6 and 11 dB
    "esp32": Port(
        _ENODEV, _SOFT_RESET, 32, (0.95, 1.25, 1.75, 3.1), RESET, "2000-01-01", "2000-01-01"
    ),
    # an RP2040 resets by its watchdog; its main.c sets the clock whenever the chip starts
    "rp2": Port(_EIO, _WDT_RESET, 256, (3.3,), SOFT_RESET, "2021-01-01"),
    # a software reset pulls NRST, and the pin's flag is looked at first; with a battery at VBAT,
    # which the Nucleo has a pin for
    "stm32": Port(_ENODEV, _HARD_RESET, 32, (3.3,), POWER_LOSS, "2015-01-01", "2000-01-01"),
}

BOARDS = {
    "esp32_s3": Silicon("esp32", heap_kib=320, flash_kib=6144),
    "nucleo_f7": Silicon("stm32", heap_kib=416, flash_kib=16384, ethernet=True),
    "pico2_w": Silicon("rp2", heap_kib=HEAP_CAP_KIB, flash_kib=2560),
    "pico_w": Silicon("rp2", heap_kib=296, flash_kib=848),
}
