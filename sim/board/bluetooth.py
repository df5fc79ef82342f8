"""`bluetooth` of the simulated board: a peripheral with one central (`sim/ble.py`) in reach.

Services, values, notifications and advertising go to the supervisor; what the central does comes
back at the interrupt points. No scanning, no pairing, no second connection.
"""

import json
import struct

import bus
import irq
import ops

FLAG_READ = 0x02
FLAG_WRITE_NO_RESPONSE = 0x04
FLAG_WRITE = 0x08
FLAG_NOTIFY = 0x10
FLAG_INDICATE = 0x20

_IRQ_WRITE = 3
_IRQ_MTU = 21
_ADDRESS = b"\x02\x00\x00\x00\x00\x01"  # of the central
_OFF = 0xFFFFFFFF


class UUID:
    """16 bits, or text of 128."""

    def __init__(self, value):
        self._value = value.lower() if isinstance(value, str) else value

    def __eq__(self, other):
        return isinstance(other, UUID) and other._value == self._value

    def __hash__(self):
        return hash(self._value)

    def __repr__(self):
        return "UUID({!r})".format(self._value)


class BLE:
    """The radio; every instance is the same one."""

    _one = None

    def __new__(cls):
        if BLE._one is None:
            BLE._one = object.__new__(cls)
            BLE._one._begin()
        return BLE._one

    def _begin(self):
        self._on = False
        self._handler = None
        self._values = {}
        mac = (0, bus.ask(ops.UNIQUE_ID))
        self._config = {"gap_name": b"MPY", "mtu": 247, "rxbuf": 256, "mac": mac}

    def active(self, on=None):
        """Is it on? With an argument, switch it."""
        if on is None:
            return self._on
        self._on = bool(on)
        bus.tell(ops.BLE_SET, ops.BLE_ACTIVE, b"\x01" if on else b"\x00")
        irq.listen(self._hear if on else None)
        return self._on

    def config(self, *names, **values):
        """One setting by name, or set some."""
        if names:
            return self._config[names[0]]
        self._config.update(values)

    def irq(self, handler):
        """Call `handler(event, data)` for what the central does."""
        self._handler = handler

    def gap_advertise(self, interval_us, adv_data=None, *, resp_data=None, connectable=True):
        """Advertise; None: stop."""
        self._need()
        adv, resp = bytes(adv_data or b""), bytes(resp_data or b"")
        if len(adv) > 31 or len(resp) > 31:
            raise OSError(22)
        head = struct.pack("<IB", _OFF if interval_us is None else interval_us, len(adv))
        bus.tell(ops.BLE_SET, ops.BLE_ADVERTISE, head + adv + resp)

    def gap_disconnect(self, connection):
        """Let go of the central."""
        bus.tell(ops.BLE_SET, ops.BLE_DISCONNECT)
        return True

    def gatts_register_services(self, services):
        """Value handles of every characteristic, service by service."""
        self._need()
        number, handles, told = 0, [], []
        for service, characteristics in services:
            number += 1
            mine, described = [], []
            for characteristic in characteristics:
                number += 2
                mine.append(number)
                self._values[number] = b""
                described.append([characteristic[0]._value, characteristic[1], number])
                if characteristic[1] & (FLAG_NOTIFY | FLAG_INDICATE):
                    number += 1
            handles.append(tuple(mine))
            told.append([service._value, described])
        bus.tell(ops.BLE_SET, ops.BLE_SERVICES, b"", json.dumps(told).encode())
        return tuple(handles)

    def gatts_read(self, handle):
        """Newest value."""
        return self._values[handle]

    def gatts_write(self, handle, data, send_update=False):
        """Set a value; `send_update` also notifies of it."""
        self._values[handle] = bytes(data)
        bus.tell(ops.BLE_SET, ops.BLE_VALUE, struct.pack("<H", handle), self._values[handle])
        if send_update:
            self.gatts_notify(0, handle)

    def gatts_notify(self, connection, handle, data=None):
        """Send a value to the central."""
        data = self._values[handle] if data is None else bytes(data)
        bus.tell(ops.BLE_SET, ops.BLE_NOTIFY, struct.pack("<H", handle), data)

    def gatts_set_buffer(self, handle, size, append=False):
        """Values here are as long as they come."""

    def _need(self):
        if not self._on:
            raise OSError(19)

    def _hear(self):
        while True:
            found = bus.ask(ops.BLE_EVENT)
            if not found:
                return
            event, handle = struct.unpack("<BH", found)
            if event == _IRQ_WRITE:
                self._values[handle] = bus.ask(ops.BLE_WRITTEN)
                data = (0, handle)
            elif event == _IRQ_MTU:
                data = (0, handle)
            else:
                data = (0, 0, _ADDRESS)
            if self._handler is not None:
                self._handler(event, data)
