"""The flash image under NOR rules, on the interpreter that uses it."""

import subprocess
from pathlib import Path

import pytest

from sim import interpreter

SCRIPT = """
import struct, sys
sys.path.insert(0, {board!r})
from flash import Flash
from ops import FLASH_CUT, FLASH_ERASE, FLASH_FORMAT, FLASH_PROGRAM, FLASH_VERDICT



class Supervisor:
    def __init__(self):
        self.asked, self.counts, self.answer = [], [], b""

    def ask(self, operation, argument, payload):
        self.counts.append(operation)
        self.asked.append(struct.unpack(FLASH_FORMAT, payload))
        return self.answer

    def tell(self, operation):
        self.counts.append(operation)

    def wait_for_the_end(self):
        raise SystemExit


link = Supervisor()
counts = link.counts
device = Flash({image!r}, link)
buffer = bytearray(4)


def read(block, offset):
    device.readblocks(block, buffer, offset)
    return bytes(buffer)

{body}
"""


@pytest.fixture
def on_flash(tmp_path: Path):
    """Run lines with `device` over a blank image of four blocks; the image afterwards."""
    image = tmp_path / "image"
    image.write_bytes(b"\xff" * 4 * 4096)

    def run(body: str) -> bytes:
        script = tmp_path / "script.py"
        script.write_text(SCRIPT.format(board=str(interpreter.BOARD), image=str(image), body=body))
        done = subprocess.run(
            [str(interpreter.find()), str(script)], capture_output=True, text=True, timeout=20
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return image.read_bytes()

    return run


def test_programming_only_clears_bits(on_flash):
    content = on_flash("""
device.writeblocks(1, b"\\x0f\\xf0\\xff\\x00", 8)
device.writeblocks(1, b"\\xf3\\xff\\x3f\\xff", 8)
assert read(1, 8) == b"\\x03\\xf0\\x3f\\x00"
assert counts == [FLASH_PROGRAM] * 2
""")
    assert content[4096 + 8 : 4096 + 12] == b"\x03\xf0\x3f\x00"


def test_erasing_sets_a_block_and_no_other(on_flash):
    content = on_flash("""
for block in range(4):
    device.writeblocks(block, b"\\x00" * 16, 0)
assert device.ioctl(6, 2) == 0
assert counts[-1] == FLASH_ERASE
""")
    for block in range(4):
        expected = b"\xff" if block == 2 else b"\x00"
        assert content[block * 4096 : block * 4096 + 16] == expected * 16


def test_writing_without_an_offset_erases_first(on_flash):
    on_flash("""
device.writeblocks(0, b"\\x00" * 4096, 0)
device.writeblocks(0, b"\\x5a" * 4096)
assert read(0, 4092) == b"ZZZZ"
assert counts == [FLASH_PROGRAM, FLASH_ERASE, FLASH_PROGRAM]
""")


def test_its_size_comes_from_the_image(on_flash):
    on_flash("""
assert (device.ioctl(4, 0), device.ioctl(5, 0)) == (4, 4096)
assert device.blank()
device.writeblocks(0, b"\\x00", 4095)
assert not device.blank()
""")


def test_every_change_is_in_the_file_at_once(on_flash):
    """A second reader sees it while the first one still runs: nothing is held back."""
    on_flash("""
device.writeblocks(3, b"seen", 0)
other = Flash(sys.argv[0].rsplit("/", 1)[0] + "/image")
other.readblocks(3, buffer, 0)
assert bytes(buffer) == b"seen"
""")


def test_the_supervisor_is_asked_where_and_how_much_before_every_change(on_flash):
    on_flash("""
device.writeblocks(2, b"\\x00" * 16, 32)
device.ioctl(6, 3)
assert link.asked == [(2, 32, 16), (3, 0, 4096)]
""")


def test_a_cut_in_mid_page_leaves_the_first_bytes_and_ends_the_board(on_flash):
    content = on_flash("""
link.answer = struct.pack(FLASH_VERDICT, 3, 0, 0)
try:
    device.writeblocks(1, b"\\x00" * 8, 0)
except SystemExit:
    assert counts == [FLASH_PROGRAM, FLASH_CUT]
else:
    assert False
""")
    assert content[4096 : 4096 + 8] == b"\x00" * 3 + b"\xff" * 5


def test_a_cut_in_mid_erase_leaves_half_a_block(on_flash):
    content = on_flash("""
device.writeblocks(1, b"\\x00" * 4096, 0)
link.answer = struct.pack(FLASH_VERDICT, 2048, 0, 0)
try:
    device.ioctl(6, 1)
except SystemExit:
    pass
""")
    assert content[4096 : 2 * 4096] == b"\xff" * 2048 + b"\x00" * 2048


def test_a_refusal_changes_nothing_and_is_an_errno_as_a_driver_gives_it(on_flash):
    content = on_flash("""
link.answer = struct.pack(FLASH_VERDICT, 8, 0, 5)
assert device.writeblocks(1, b"\\x00" * 8, 0) == -5
assert device.ioctl(6, 1) == -5
""")
    assert content == b"\xff" * 4 * 4096


def test_a_slow_operation_takes_its_time_and_is_done(on_flash):
    content = on_flash("""
import time
link.answer = struct.pack(FLASH_VERDICT, 8, 30, 0)
start = time.ticks_ms()
assert device.writeblocks(1, b"\\x00" * 8, 0) == 0
assert time.ticks_diff(time.ticks_ms(), start) >= 30
""")
    assert content[4096 : 4096 + 8] == b"\x00" * 8
