"""Flash memory of the simulated board: an image file under NOR rules, LittleFS on it as `/`.

Erasing sets a block to ones; programming can only clear bits. Every change is one `write` to the
file, unbuffered: a process killed at any moment leaves the image between two changes, as a power
cut leaves a board between two operations (a page half programmed is not simulated yet).
"""

import os

import vfs
from ops import FLASH_ERASE, FLASH_PROGRAM

_BLOCK_BYTES = 4096
_BLANK = b"\xff"
_ERASED = _BLANK * _BLOCK_BYTES  # made once: an erase must not need the firmware's heap


class Flash:
    """Block device over the image at `path`; `count(operation)` hears of every change."""

    def __init__(self, path, count):
        self._file = open(path, "r+b")
        self._blocks = self._file.seek(0, 2) // _BLOCK_BYTES
        self._count = count
        self._found = self._ones = b""

    def blank(self):
        """Has the first block never been written?"""
        block = bytearray(_BLOCK_BYTES)
        self.readblocks(0, block)
        return block == _ERASED

    def readblocks(self, block, buf, offset=0):
        """Read `buf` full."""
        self._file.seek(block * _BLOCK_BYTES + offset)
        self._file.readinto(buf)

    def writeblocks(self, block, buf, offset=None):
        """Program `buf`; without an offset, erase the block before."""
        if offset is None:
            self._erase(block)
            offset = 0
        self._count(FLASH_PROGRAM)
        data = self._programmed(block, buf, offset)
        self._file.seek(block * _BLOCK_BYTES + offset)
        self._file.write(data)

    def ioctl(self, operation, argument):
        """The numbers of `vfs.AbstractBlockDev`."""
        if operation == 4:
            return self._blocks
        if operation == 5:
            return _BLOCK_BYTES
        if operation == 6:
            self._erase(argument)
        return 0

    def _erase(self, block):
        self._count(FLASH_ERASE)
        self._file.seek(block * _BLOCK_BYTES)
        self._file.write(_ERASED)

    def _programmed(self, block, buf, offset):
        """What the cells hold afterwards: `buf` where they were blank, as LittleFS sees to."""
        if len(self._found) != len(buf):
            self._found, self._ones = bytearray(len(buf)), _BLANK * len(buf)
        self.readblocks(block, self._found, offset)
        if self._found == self._ones:
            return buf
        return bytes([old & new for old, new in zip(self._found, buf)])


def mount(path, page_bytes, count):
    """Make the image the root directory, format it if it is blank; the host's root is `/host`."""
    device = Flash(path, count)
    sizes = {"progsize": page_bytes, "readsize": 32, "lookahead": 32}
    if device.blank():
        vfs.VfsLfs2.mkfs(device, **sizes)
    root = vfs.VfsLfs2(device, **sizes)
    vfs.umount("/")
    vfs.mount(vfs.VfsPosix("/"), "/host")
    vfs.mount(root, "/")
    os.chdir("/")
