"""Flash memory of the simulated board: an image file under NOR rules, LittleFS on it as `/`.

Erasing sets a block to ones; programming can only clear bits. Every change is one `write` to the
file, unbuffered: a process killed at any moment leaves the image between two changes, as a power
cut leaves a board between two operations.

Before each change the supervisor is asked, where there is one. Mostly it says nothing; it may let
the operation take its time, refuse it (the errno goes to LittleFS as a flash driver's would), or
let the power fail after so many bytes of it, which is the torn page or half-erased block of a
real cut: what was to change stands in the image, then nothing runs any more.
"""

import os
import struct
import time

import vfs
from ops import FLASH_CUT, FLASH_ERASE, FLASH_FORMAT, FLASH_PROGRAM, FLASH_VERDICT

_BLOCK_BYTES = 4096
_BLANK = b"\xff"
_ERASED = _BLANK * _BLOCK_BYTES  # made once: an erase must not need the firmware's heap


class Flash:
    """Block device over the image at `path`; `link` offers `ask`, `tell`, `wait_for_the_end`."""

    def __init__(self, path, link=None):
        self._file = open(path, "r+b")
        self._blocks = self._file.seek(0, 2) // _BLOCK_BYTES
        self._link = link
        self._question = bytearray(struct.calcsize(FLASH_FORMAT))
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
        """Program `buf`; without an offset, erase the block before. 0, or a negative errno."""
        if offset is None:
            refused = self._erase(block)
            if refused:
                return refused
            offset = 0
        return self._change(FLASH_PROGRAM, block, offset, self._programmed(block, buf, offset))

    def ioctl(self, operation, argument):
        """The numbers of `vfs.AbstractBlockDev`."""
        if operation == 4:
            return self._blocks
        if operation == 5:
            return _BLOCK_BYTES
        if operation == 6:
            return self._erase(argument)
        return 0

    def _erase(self, block):
        return self._change(FLASH_ERASE, block, 0, _ERASED)

    def _change(self, operation, block, offset, data):
        """Put `data` there, as far as it comes: 0, or a negative errno."""
        count = len(data)
        cut_bytes, stall_ms, errno = self._ask(operation, block, offset, count)
        if stall_ms:
            time.sleep_ms(stall_ms)
        if errno:
            return -errno
        self._file.seek(block * _BLOCK_BYTES + offset)
        if cut_bytes < count:
            self._file.write(memoryview(data)[:cut_bytes])
            self._link.tell(FLASH_CUT)
            self._link.wait_for_the_end()
        self._file.write(data)
        return 0

    def _ask(self, operation, block, offset, count):
        """(bytes after which the power goes, ms that it takes, errno)."""
        if self._link is None:
            return count, 0, 0
        struct.pack_into(FLASH_FORMAT, self._question, 0, block, offset, count)
        answer = self._link.ask(operation, 0, self._question)
        return struct.unpack(FLASH_VERDICT, answer) if answer else (count, 0, 0)

    def _programmed(self, block, buf, offset):
        """What the cells hold afterwards: `buf` where they were blank, as LittleFS sees to."""
        if len(self._found) != len(buf):
            self._found, self._ones = bytearray(len(buf)), _BLANK * len(buf)
        self.readblocks(block, self._found, offset)
        if self._found == self._ones:
            return buf
        return bytes([old & new for old, new in zip(self._found, buf)])


def mount(path, page_bytes, link=None):
    """Make the image the root directory, format it if it is blank; the host's root is `/host`."""
    device = Flash(path, link)
    sizes = {"progsize": page_bytes, "readsize": 32, "lookahead": 32}
    if device.blank():
        vfs.VfsLfs2.mkfs(device, **sizes)
    # Times of files would be the host's, and differ from run to run: a board without them.
    root = vfs.VfsLfs2(device, mtime=False, **sizes)
    vfs.umount("/")
    vfs.mount(vfs.VfsPosix("/"), "/host")
    vfs.mount(root, "/")
    os.chdir("/")
