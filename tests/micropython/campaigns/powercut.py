"""Power cuts at the operations of a flash: `powercut.py STRIDE RECOVERY_STRIDE`, MicroPython only.

One run of the real recorder and journal on LittleFS, on NOR flash in memory, goes through several
rollovers of the ring. Before every STRIDE-th program or erase the flash is copied as a power cut
would leave it: untouched by the operation, and with half of it done. Each copy is then booted: the
ring has to hold exactly what had been written, byte for byte, and the chain has to go on from it.
At every RECOVERY_STRIDE-th copy the power fails once more at every operation of that boot.

Prints figures, `name=value` a line, and every defect; the exit status is 1 if there are any.
"""

import sys

import vfs

from firmware.journal import SEGMENT_BYTES, Journal
from firmware.recorder import Recorder
from protocols import block, codes, cose

MAC = cose.Mac(b"k")
BLOCK_BYTES = 4096
BLOCKS = 24
SIZES = {"progsize": 256, "readsize": 32, "lookahead": 32}
CAPACITY_BYTES = 3 * SEGMENT_BYTES
ROLLOVERS = 3
SAMPLES = 40  # in one block
IDENTITY = ("pg-01", codes.MODE_SIMULATED, b"s" * 32, b"c" * 32)
_ERASED = b"\xff" * BLOCK_BYTES
_EIO = 5
START_MS = 1_795_000_000_000


class Flash:
    """NOR flash: erasing sets ones, programming clears bits. `before(flash, start, content)` is
    told of every operation before it happens; from operation `dies_at` on nothing works any more.

    Errors are answered, not raised: files of a dead flash are closed once more by the collector,
    which must not allocate.
    """

    def __init__(self, data=None, dies_at=None):
        self.data = data or bytearray(_ERASED * BLOCKS)
        self.before = None
        self.operations = 0
        self._dies_at = dies_at
        self._dead = False

    def readblocks(self, number, buf, offset=0):
        if self._dead:
            return -_EIO
        start = number * BLOCK_BYTES + offset
        buf[:] = self.data[start : start + len(buf)]

    def writeblocks(self, number, buf, offset=None):
        if self._dead:
            return -_EIO
        if offset is None:
            self.ioctl(6, number)
            offset = 0
        start = number * BLOCK_BYTES + offset
        found = self.data[start : start + len(buf)]
        return self._change(start, bytes([old & new for old, new in zip(found, buf)]))

    def ioctl(self, operation, argument):
        if operation == 4:
            return BLOCKS
        if operation == 5:
            return BLOCK_BYTES
        if operation == 6:
            return -_EIO if self._dead else self._change(argument * BLOCK_BYTES, _ERASED)
        return 0

    def _change(self, start, content):
        self.operations += 1
        self._dead = self.operations == self._dies_at
        if self._dead:
            return -_EIO
        if self.before is not None:
            self.before(self, start, content)
        self.data[start : start + len(content)] = content
        return 0

    def left_by_cut(self, start, content):
        """What a cut in the middle of the operation leaves."""
        data = bytearray(self.data)
        half = len(content) // 2
        data[start : start + half] = content[:half]
        return data


class Clock:
    quality = codes.CLOCK_SYNCED

    def __init__(self):
        self.ms = 0

    def now_ms(self):
        return self.ms

    def wall_ms(self, at_ms):
        return START_MS + at_ms


class Channel:
    """One channel as far as the recorder looks."""

    ch, scale, period_ms, skipped, limits = 1, 2, 1_000, 0, ()
    description = (1, "pressure", "pressure", "urn:dev:os:32473-X", "none", 1_000, 2, 0, 10_000)

    def scaled(self, value):
        return value

    def transition(self, change):
        return change


class Sample:
    def __init__(self, t_ms, value):
        self.t_ms, self.value, self.quality = t_ms, value, codes.GOOD


class Node:
    """Recorder and journal on a flash; `closed` is called as the node's outbox would be."""

    def __init__(self, flash, mount, closed=None):
        vfs.mount(vfs.VfsLfs2(flash, **SIZES), mount)
        self.mount = mount
        self.clock, self.channel = Clock(), Channel()
        self.journal = Journal(mount + "/journal", CAPACITY_BYTES)
        self.recorder = Recorder(
            self.journal, MAC, self.clock, [self.channel], IDENTITY, 10_000, closed or _nobody
        )

    def boot(self):
        self.recorder.start(codes.BOOT_POWER, "0.1.0", "micropython", "esp32_s3")
        self.recorder.close()

    def block(self):
        """Samples enough for one block, then the block."""
        for _ in range(SAMPLES):
            value = self.clock.ms * 7919 % 30_011
            self.recorder.sample(self.channel, Sample(self.clock.ms, value))
            self.clock.ms += self.channel.period_ms
        self.recorder.close()

    def end(self):
        vfs.umount(self.mount)


class Campaign:
    """What the undisturbed run has written at each moment, and what its cut copies hold."""

    def __init__(self, stride, recovery_stride):
        self.stride, self.recovery_stride = stride, recovery_stride
        self.written = {}  # sequence number -> sealed block, of the whole run
        self.synced = 0  # newest that `closed` was told of
        self.bytes = 0
        self.operations = self.cuts = self.boot_cuts = 0
        self.lost = self.disordered = 0

    def run(self):
        """The run; every cut copy is judged while the run stands still."""
        flash = Flash()
        vfs.VfsLfs2.mkfs(flash, **SIZES)
        node = self._node = Node(flash, "/run", self._closed)
        flash.before, made = self._before, flash.operations
        node.boot()
        while self.bytes < (1 + ROLLOVERS) * CAPACITY_BYTES:
            node.block()
        node.end()
        self.operations = flash.operations - made

    def _closed(self, seq, urgent):
        self.synced = seq
        self.written[seq] = self._node.journal.read(seq)
        self.bytes += len(self.written[seq])

    def _before(self, flash, start, content):
        if flash.operations % self.stride:
            return
        starts = [segment[0] for segment in self._node.journal._segments] + [self.synced + 1] * 3
        again = flash.operations // self.stride % self.recovery_stride == 0
        for data in (flash.data, flash.left_by_cut(start, content)):
            self.cuts += 1
            # the append under way may have dropped the oldest segment already
            operations = self._judge(Flash(bytearray(data)), starts[1])
            for dies_at in range(1, operations + 1 if again else 0):
                self.boot_cuts += 1
                second = Flash(bytearray(data), dies_at)
                try:
                    node = Node(second, "/after")
                    node.boot()
                    node.block()
                except OSError:
                    pass
                _umount("/after")
                self._judge(Flash(second.data), starts[2])

    def _judge(self, flash, oldest):
        """Boot from a copy; nothing of `oldest` to `synced` may miss. The operations it took."""
        try:
            node = Node(flash, "/after")
            chain = self._chain(node, oldest)
            node.boot()
            node.block()
            self._continues(node, chain)
        except Exception as error:  # whatever it is, this node does not come back
            self._defect("lost", repr(error))
        finally:
            _umount("/after")
        return flash.operations

    def _chain(self, node, oldest):
        """(boot, events) behind the newest block of a copy, whose every segment was compared."""
        book = node.journal
        if book.last and (book.first > oldest or book.last < self.synced):
            self._defect("lost", (book.first, book.last, oldest, self.synced))
        for first, size in book._segments:
            with open("{}/{:08x}".format(book.directory, first), "rb") as file:
                found = file.read()
            kept = b"".join([self.written[seq] for seq in self._seqs(first, found)])
            if not found.startswith(kept) or size != len(found):
                self._defect("disordered", first)
        if not book.last:
            return (0, 0, 0, block.FIRST_LINK)
        return _behind(book.read(book.last))

    def _seqs(self, first, found):
        """Numbers of the written blocks that a segment of so many bytes can hold."""
        size, seq = 0, first
        while seq in self.written and size + len(self.written[seq]) <= len(found):
            size += len(self.written[seq])
            seq += 1
        return range(first, seq)

    def _continues(self, node, chain):
        """Both blocks after the boot follow what was found: number, boot, events, link."""
        boot = chain[1] + 1
        for seq in (chain[0] + 1, chain[0] + 2):
            sealed = node.journal.read(seq)
            header = block.decode(cose.open(sealed, MAC)).header
            if (header.seq, header.boot, header.event0, header.prev) != (
                chain[0] + 1, boot, chain[2], chain[3],
            ):  # fmt: skip
                self._defect("disordered", (header.seq, header.boot, header.event0))
            chain = _behind(sealed)

    def _defect(self, kind, what):
        setattr(self, kind, getattr(self, kind) + 1)
        print("DEFECT", kind, what)


def _behind(sealed):
    """(number, boot, events so far, link) that the block after this one has to follow."""
    found = block.decode(cose.open(sealed, MAC))
    header = found.header
    return header.seq, header.boot, header.event0 + len(found.events), block.link(sealed)


def _nobody(seq, urgent):
    pass


def _umount(mount):
    try:
        vfs.umount(mount)
    except OSError:
        pass  # the power went before it was mounted


campaign = Campaign(int(sys.argv[1]), int(sys.argv[2]))
campaign.run()
for name in ("operations", "cuts", "boot_cuts", "lost", "disordered"):
    print("{}={}".format(name, getattr(campaign, name)))
print("rollovers={}".format(campaign.bytes // CAPACITY_BYTES - 1))
sys.exit(1 if campaign.lost or campaign.disordered else 0)
