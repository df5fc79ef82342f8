"""`machine.SPI` of the simulated board: full duplex with the part on its pins."""

import bus
import machine
import ops


class SPI:
    """Controller on three pins; who is selected is up to other pins."""

    MSB = 0

    def __init__(self, id, baudrate=1_000_000, *, sck=None, mosi=None, miso=None, **ignored):
        self._id = id
        bus.ask(ops.SPI_OPEN, id, machine._pins((sck, mosi, miso)))

    def write_readinto(self, write_buf, read_buf):
        """Send all of one buffer while the other fills."""
        if len(write_buf) != len(read_buf):
            raise ValueError("buffers must be the same length")
        for start in range(0, len(write_buf), ops.PAYLOAD_BYTES):
            out = bytes(write_buf[start : start + ops.PAYLOAD_BYTES])
            read_buf[start : start + len(out)] = bus.ask(ops.SPI_TRANSFER, self._id, out)

    def write(self, buf):
        """Send; what comes back is dropped."""
        self.write_readinto(buf, bytearray(len(buf)))

    def readinto(self, buf, write=0):
        """Receive while sending the same byte over and over."""
        self.write_readinto(bytes((write,)) * len(buf), buf)

    def read(self, nbytes, write=0):
        """Receive so many bytes."""
        buf = bytearray(nbytes)
        self.readinto(buf, write)
        return bytes(buf)

    def deinit(self):
        """Nothing to switch off."""
