"""The flash image under NOR rules, on the interpreter that uses it."""

import subprocess
from pathlib import Path

import pytest

from sim import interpreter

SCRIPT = """
import sys
sys.path.insert(0, {board!r})
from flash import Flash
from ops import FLASH_ERASE, FLASH_PROGRAM

counts = []
device = Flash({image!r}, counts.append)
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
other = Flash(sys.argv[0].rsplit("/", 1)[0] + "/image", counts.append)
other.readblocks(3, buffer, 0)
assert bytes(buffer) == b"seen"
""")
