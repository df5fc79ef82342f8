"""Sockets to listen on: bound here, so that a port in use is said before anything else starts."""

import errno
import socket

from gateway.errors import PlaceError, PortInUse

RECEIVE_BYTES = 4 * 2**20  # a burst of a whole site fits; the kernel may grant less


def udp(bind: str, port: int) -> socket.socket:
    """Dual-stack UDP socket for CoAP, and nobody else's: no SO_REUSEPORT."""
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    return _bound(sock, "coap", bind, port, "--coap-port", socket.AI_V4MAPPED)


def tcp(bind: str, port: int) -> socket.socket:
    """TCP socket for the console."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not kept out by old connections
    return _bound(sock, "console", bind, port, "--port", 0)


def address(sock: socket.socket) -> str:
    """`host:port` that the socket is bound to, as it goes into a URI."""
    host, port = sock.getsockname()[:2]
    host = host.removeprefix("::ffff:")
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bound(
    sock: socket.socket, which: str, bind: str, port: int, option: str, flags: int
) -> socket.socket:
    try:
        flags |= socket.AI_PASSIVE
        found = socket.getaddrinfo(bind, port, sock.family, sock.type, flags=flags)
        sock.bind(found[0][4])
    except socket.gaierror as error:
        sock.close()
        raise PlaceError(
            f"{which}.bind {bind!r} is no address: {error.strerror}",
            "give an IP address of this machine, 127.0.0.1 for this machine only",
        ) from None
    except OSError as error:
        sock.close()
        raise _explain(error, which, bind, port, option) from None
    return sock


def _explain(error: OSError, which: str, bind: str, port: int, option: str) -> PlaceError:
    if error.errno == errno.EADDRINUSE:
        return PortInUse(which, bind, port, option)
    if error.errno == errno.EADDRNOTAVAIL:
        hint = "`ip address` lists the addresses it has; 127.0.0.1 is for this machine only"
        return PlaceError(f"{which}.bind {bind} is not an address of this machine", hint)
    if error.errno == errno.EACCES:
        hint = f"choose {which}.port above 1023, in the configuration or with {option} PORT"
        return PlaceError(f"the {which} port {port} needs rights that this user lacks", hint)
    return PlaceError(f"cannot listen on {which} port {port} of {bind}: {error.strerror}")
