"""The journal under power cuts: the flash dies at every single operation, in turn.

Needs LittleFS, which CPython has not: there every case says so and passes.
"""

import sys

from firmware.journal import Journal
from protocols import cose

try:
    import vfs
except ImportError:
    vfs = None

MAC = cose.Mac(b"k")
BLOCKS = 24
BLOCK_BYTES = 512


class PowerCut(OSError):
    pass


class Flash:
    """NOR flash in memory; dies at operation `dies_at`, half a page into a program if `torn`."""

    def __init__(self):
        self.data = bytearray(b"\xff" * (BLOCKS * BLOCK_BYTES))
        self.operations = 0
        self.dies_at = None
        self.torn = False

    def readblocks(self, block, buf, offset=0):
        start = block * BLOCK_BYTES + offset
        buf[:] = self.data[start : start + len(buf)]

    def writeblocks(self, block, buf, offset=None):
        if offset is None:
            self.ioctl(6, block)
            offset = 0
        start = block * BLOCK_BYTES + offset
        dying = self._dying()
        size = len(buf) // 2 if dying and self.torn else 0 if dying else len(buf)
        for i in range(size):
            self.data[start + i] &= buf[i]
        if dying:
            raise PowerCut(5)

    def ioctl(self, operation, argument):
        if operation == 4:
            return BLOCKS
        if operation == 5:
            return BLOCK_BYTES
        if operation == 6:
            if self._dying():
                raise PowerCut(5)
            start = argument * BLOCK_BYTES
            self.data[start : start + BLOCK_BYTES] = b"\xff" * BLOCK_BYTES
        return 0

    def _dying(self):
        self.operations += 1
        return self.dies_at is not None and self.operations >= self.dies_at


def sealed(seq):
    return cose.seal(bytes([seq]) * (100 + 40 * seq), MAC)


def fresh():
    flash = Flash()
    vfs.VfsLfs2.mkfs(flash)
    write(flash, range(1, 4))
    return flash


def write(flash, seqs):
    vfs.mount(vfs.VfsLfs2(flash), "/cut")
    try:
        book = Journal("/cut/journal", 1 << 20)
        for seq in seqs:
            book.append(seq, sealed(seq))
    finally:
        vfs.umount("/cut")


def after_reboot(flash):
    flash.dies_at = None
    vfs.mount(vfs.VfsLfs2(flash), "/cut")
    try:
        book = Journal("/cut/journal", 1 << 20)
        found = [book.read(seq) for seq in range(1, book.last + 1)]
        book.append(book.last + 1, sealed(9))
        assert book.read(book.last) == sealed(9)
        return book.last - 1, found
    finally:
        vfs.umount("/cut")


def sweep(torn):
    if vfs is None:
        print("skipped: no LittleFS on", sys.implementation.name)
        return
    whole = fresh()
    before = whole.operations
    write(whole, (4, 5))
    outcomes = set()
    for cut in range(1, whole.operations - before + 1):
        flash = fresh()
        flash.dies_at, flash.torn = flash.operations + cut, torn
        try:
            write(flash, (4, 5))
        except OSError:
            pass
        last, found = after_reboot(flash)
        assert last in (3, 4, 5), (cut, last)
        assert found == [sealed(seq) for seq in range(1, last + 1)], cut
        outcomes.add(last)
    assert 3 in outcomes and 4 in outcomes


def test_a_cut_before_any_operation_leaves_whole_blocks_or_none():
    sweep(False)


def test_a_cut_in_the_middle_of_a_page_leaves_whole_blocks_or_none():
    sweep(True)
