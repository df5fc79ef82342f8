"""The node's append-only store: sealed blocks in segment files, a ring that survives power cuts.

A segment is a file named by the sequence number of its first block, in hexadecimal; its blocks
follow each other without gaps, in bytes as well as in numbers. On LittleFS a block becomes visible
whole when its file is closed, or not at all (`facts` of the file system, swept in the tests).

What is full gives way: the oldest segment goes, and if the gateway had not committed all of it the
range is returned, so that the caller records the overwrite. Nothing here knows what a block means,
except that `cose` can tell where it ends.
"""

import os

from protocols import cose
from protocols.errors import DecodeError
from protocols.paths import MAX_BLOCK_BYTES

SEGMENT_BYTES = 16 * 1024
# The smallest block there can be: an empty one, sealed. Bounds how many a damaged tail may hide.
MIN_BLOCK_BYTES = 81

_ENOSPC = 28  # what LittleFS answers; not every port names it

_HEAD_BYTES = 16  # prefix and length of a sealed block
_SEAL_BYTES = 34  # head and tag behind the payload


class Journal:
    """Blocks `first` to `last` (0 and 0 while empty), at most `capacity_bytes` of them."""

    def __init__(self, directory: str, capacity_bytes: int):
        self.directory = directory
        self.last = 0
        self.acked = 0  # up to here the gateway has all that is kept; who hears of it says so here
        self.bytes = 0
        self.damaged: "list[tuple[int, int]]" = []
        self._capacity = capacity_bytes
        self._segments: "list[list[int]]" = []  # [first seq, bytes], oldest first
        self._torn = False  # behind the newest segment's last block stands something else
        self._lost: "tuple[int, int] | None" = None  # overwritten, and nobody told yet
        self._cursor = (0, 0, 0)  # where the last read ended: segment's first seq, seq, offset
        _make(directory)
        self._recover()

    @property
    def first(self) -> int:
        """Oldest sequence number that is still kept."""
        return self._segments[0][0] if self._segments else 0

    @property
    def unsent_percent(self) -> int:
        """How much of the ring holds blocks that the gateway has not, in percent of it."""
        unsent, last = 0, self.last
        for first, size in reversed(self._segments):
            if last <= self.acked:
                break
            unsent, last = unsent + size, first - 1
        return 100 * unsent // self._capacity

    def append(self, seq: int, sealed: bytes) -> "tuple[int, int] | None":
        """Write the block; (first, last) of blocks above `acked` that had to go for it, if any.

        OSError if the flash refuses: then nothing is kept of the block, and `seq` is still free.
        """
        while len(self._segments) > 1 and self.bytes + len(sealed) > self._capacity:
            self._drop_oldest()
        while True:
            try:
                self._write(seq, sealed)
                break
            except OSError as error:  # the file system may be smaller than the ring
                if error.errno != _ENOSPC or len(self._segments) < 2:
                    raise
                self._drop_oldest()
        lost, self._lost = self._lost, None
        return lost

    def read(self, seq: int) -> "bytes | None":
        """Sealed bytes of block `seq`; None if it is not kept, or not readable any more."""
        segment = self._segment(seq)
        if segment is None:
            return None
        first, at, offset = self._cursor
        if first != segment[0] or at > seq:
            at, offset = segment[0], 0
        try:
            with open(self._path(segment[0]), "rb") as file:
                while at < seq:
                    offset += _length(file, offset)
                    at += 1
                sealed = _read(file, offset)
        except (OSError, DecodeError):
            return None
        self._cursor = (segment[0], seq + 1, offset + len(sealed))
        return sealed

    def starts(self) -> list:
        """First block of every segment, oldest first."""
        return [first for first, _ in self._segments]

    def lost(self, seq: int) -> int:
        """Last of the blocks that cannot be found any more because `seq` is damaged."""
        for first, _ in self._segments:
            if first > seq:
                return first - 1
        self._torn = True
        return self.last

    def _segment(self, seq):
        found = None
        for segment in self._segments:
            if segment[0] <= seq:
                found = segment
        return found if found and seq <= self.last else None

    def _write(self, seq, sealed):
        newest = self._segments[-1] if self._segments else [seq, 0]
        full = newest[1] + len(sealed) > SEGMENT_BYTES
        if full or self._torn or seq != self.last + 1:
            newest = [seq, 0]
        with open(self._path(newest[0]), "ab" if newest[1] else "wb") as file:
            torn = file.seek(0, 2) != newest[1]
            if not torn:
                file.write(sealed)
        self._torn = torn
        if torn:  # never write behind a tail that nobody understands
            return self._write(seq, sealed)
        if newest[1] == 0:
            self._segments.append(newest)
        newest[1] += len(sealed)
        self.bytes += len(sealed)
        self.last = seq

    def _drop_oldest(self):
        """Make room, and remember what was not acknowledged of the segment that goes."""
        first, size = self._segments[0]
        os.remove(self._path(first))
        self._segments.pop(0)
        self.bytes -= size
        last = self._segments[0][0] - 1
        if last > self.acked:
            self._lost = (self._lost[0] if self._lost else max(first, self.acked + 1), last)

    def _recover(self):
        for name in sorted(os.listdir(self.directory)):
            size = os.stat(self.directory + "/" + name)[6]
            if size == 0:  # opened, but power went before its first block was closed
                os.remove(self.directory + "/" + name)
            elif self._path(_number(name)) == self.directory + "/" + name:
                self._segments.append([_number(name), size])
                self.bytes += size
        if self._segments:
            self._scan_newest()

    def _scan_newest(self):
        """Find the last block. What cannot be read behind it is skipped, never written over."""
        first, size = self._segments[-1]
        seq, offset = first - 1, 0
        try:
            with open(self._path(first), "rb") as file:
                while offset < size:
                    offset += len(_read(file, offset))
                    seq += 1
        except (OSError, DecodeError):
            hidden = (size - offset) // MIN_BLOCK_BYTES + 1
            self.damaged.append((seq + 1, seq + hidden))
            seq += hidden
            self._torn = True
        self.last = seq

    def _path(self, first):
        return "{}/{:08x}".format(self.directory, first)


def _number(name):
    """First block of the segment called `name`; 0 for a name that is not one of ours."""
    try:
        return int(name, 16)
    except ValueError:
        return 0


def _length(file, offset):
    """Length of the sealed block at `offset`, from its first bytes."""
    file.seek(offset)
    head = file.read(_HEAD_BYTES)
    start, size = cose.payload_span(head)
    if start + size + _SEAL_BYTES > MAX_BLOCK_BYTES:
        raise DecodeError("larger than any block", start)
    return start + size + _SEAL_BYTES


def _read(file, offset):
    length = _length(file, offset)
    file.seek(offset)
    sealed = file.read(length)
    cose.payload(sealed)
    return sealed


def _make(directory):
    try:
        os.mkdir(directory)
    except OSError:
        os.listdir(directory)  # it is there; anything else is an error worth raising
