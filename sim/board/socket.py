"""`socket` of the simulated board: UDP as boards have it, its datagrams carried by the supervisor.

Addresses are `(ip, port)` tuples, as on a board (the interpreter under us would use bytes).
"""

import io
import struct
import time

import bus
import ops

AF_INET = 2
SOCK_STREAM = 1
SOCK_DGRAM = 2
IPPROTO_IP = 0
IPPROTO_UDP = 17
SOL_SOCKET = 1
SO_REUSEADDR = 2
SO_BROADCAST = 6

_EAGAIN = 11
_EMSGSIZE = 90
_ESOCKTNOSUPPORT = 94
_ETIMEDOUT = 110
_EAI_NONAME = -2
_STREAM_POLL = 3
_READABLE = 1
_WRITABLE = 4
_MAX_BYTES = 1472  # what an Ethernet frame carries: boards' stacks are built without fragments


def getaddrinfo(host, port, af=AF_INET, type=SOCK_DGRAM, proto=0, flags=0):
    """One entry, whose last item is the address; OSError if the name is not known."""
    if host == "localhost":
        host = "127.0.0.1"
    _packed(host)
    return [(AF_INET, type or SOCK_DGRAM, proto, "", (host, port))]


class socket(io.IOBase):
    """A UDP socket."""

    def __init__(self, af=AF_INET, type=SOCK_STREAM, proto=0):
        if af != AF_INET or type != SOCK_DGRAM:
            raise OSError(_ESOCKTNOSUPPORT)
        self._number = bus.ask(ops.SOCKET_OPEN)[0]
        self._timeout_s = None
        self._peer = None

    def bind(self, address):
        """Listen on the port; 0: any that is free."""
        bus.ask(ops.SOCKET_BIND, self._number, struct.pack("<H", _pair(address)[1]))

    def setsockopt(self, level, option, value):
        """Nothing that could be set changes anything here."""

    def setblocking(self, flag):
        """Wait for ever, or not at all."""
        self._timeout_s = None if flag else 0

    def settimeout(self, seconds):
        """How long to wait: None for ever."""
        self._timeout_s = seconds

    def connect(self, address):
        """The peer of `send`, and the only one that `recv` hears."""
        _packed(_pair(address)[0])
        self._peer = address

    def send(self, data):
        """To the peer: how many bytes."""
        return self.sendto(data, self._peer)

    def sendto(self, data, address):
        """To that address: how many bytes."""
        if len(data) > _MAX_BYTES:
            raise OSError(_EMSGSIZE)
        host, port = _pair(address)
        to = struct.pack(ops.PEER_FORMAT, _packed(host), port)
        bus.ask(ops.SOCKET_SEND, self._number, to, None, data)
        return len(data)

    def recv(self, bufsize):
        """The next datagram of the peer."""
        while True:
            data, address = self.recvfrom(bufsize)
            if self._peer is None or address == self._peer:
                return data

    def recvfrom(self, bufsize):
        """(datagram, its sender); what is longer is cut off."""
        end_us = ops.FOREVER
        if self._timeout_s is not None:
            end_us = time.now_us() + int(self._timeout_s * 1_000_000)
        while True:
            try:
                found = bus.ask(ops.SOCKET_RECEIVE, self._number)
            except OSError as error:
                time.arrived &= ~(1 << self._number)
                if error.errno != _EAGAIN or self._timeout_s == 0:
                    raise
                if time.now_us() >= end_us:
                    raise OSError(_ETIMEDOUT)
                time.wait(end_us, True)
                continue
            ip, port, time.arrived = struct.unpack(ops.FROM_FORMAT, found)
            return found[8 : 8 + bufsize], (".".join([str(byte) for byte in ip]), port)

    def close(self):
        """Give the port back."""
        if self._number is not None:
            bus.tell(ops.SOCKET_CLOSE, self._number)
            self._number = None

    def ioctl(self, request, argument):
        """For `select.poll`: what is ready of what is asked for."""
        if request != _STREAM_POLL or self._number is None:
            return 0
        ready = _WRITABLE
        if time.arrived >> self._number & 1:
            ready |= _READABLE
        return ready & argument


def _pair(address):
    """(host, port); what is no tuple of two is refused as the boards' network stacks do."""
    if not isinstance(address, (tuple, list)):
        raise TypeError("object '{}' isn't a tuple or list".format(type(address).__name__))
    host, port = address
    return host, port


def _packed(host):
    """Four bytes; OSError as for a name that no server knows."""
    try:
        ip = bytes([int(part) for part in host.split(".")])
    except ValueError:
        ip = b""
    if len(ip) != 4:
        raise OSError(_EAI_NONAME)
    return ip
