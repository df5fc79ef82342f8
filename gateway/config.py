"""The gateway's configuration: every setting, its default and its limits, in one place.

`gateway.toml` is a `Config`; the node keys stand in a file of their own (`secrets.path`), so that
the configuration can be shown to anybody.
"""

import ipaddress
import itertools
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from gateway import toml
from gateway.errors import ConfigError
from protocols import paths

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]  # 0: any free one, said when ready

KEY_BYTES = 32


class Site(msgspec.Struct, frozen=True):
    name: str = "Tocsin"


class Coap(msgspec.Struct, frozen=True):
    bind: str = "127.0.0.1"
    port: Port = paths.PORT


class Console(msgspec.Struct, frozen=True):
    bind: str = "127.0.0.1"
    port: Port = 8080
    language: Literal["zh", "en"] = "zh"


class Store(msgspec.Struct, frozen=True):
    path: Path


class Secrets(msgspec.Struct, frozen=True):
    path: Path


class Plain(msgspec.Struct, frozen=True):
    """A sender of unsealed SenML: IP address or `address:port`, and the names it may use.

    A name that ends in `:` stands for everything that begins with it.
    """

    endpoint: str
    names: Annotated[list[str], msgspec.Meta(min_length=1)]


class Config(msgspec.Struct, frozen=True):
    store: Store
    secrets: Secrets
    site: Site = Site()
    coap: Coap = Coap()
    console: Console = Console()
    plain: list[Plain] = []


class _KeyFile(msgspec.Struct, frozen=True):
    keys: dict[str, str]


def load(path: Path) -> Config:
    """The configuration in `path`; ConfigError says what does not fit."""
    found = toml.load(path, Config)
    for plain in found.plain:
        try:
            endpoint(plain.endpoint)
        except ValueError:
            text = f"must be an IP address or address:port, not {plain.endpoint!r}"
            raise ConfigError(path, "plain.endpoint", text) from None
    for one, other in itertools.combinations(found.plain, 2):
        _check_apart(path, one, other)
    return found


def covers(allowed: str, name: str) -> bool:
    """May a sender to whom `allowed` was given use `name`?"""
    return name.startswith(allowed) if allowed.endswith(":") else name == allowed


def instrument(name: str) -> tuple[str, str]:
    """(node, instrument) that a plain name stands for."""
    node, _, own = name.rpartition(":")
    return node or "plain", own


def endpoint(text: str) -> tuple[str, int | None]:
    """(IP address, port or None for any); ValueError for what is no endpoint."""
    host, _, port = text.rpartition(":")
    if not host or (text.count(":") > 1 and not text.startswith("[")) or text.endswith("]"):
        host, port = text, ""
    address = str(ipaddress.ip_address(host.removeprefix("[").removesuffix("]")))
    if not port:
        return address, None
    if not 0 < int(port) <= 65535:
        raise ValueError(text)
    return address, int(port)


def _check_apart(path: Path, one: Plain, other: Plain) -> None:
    """ConfigError if two endpoints could speak for one instrument."""
    if endpoint(one.endpoint) == endpoint(other.endpoint):
        return
    for name, own in itertools.product(one.names, other.names):
        whole, whole_own = (":".join(instrument(text)) for text in (name, own))
        if covers(whole, whole_own) or covers(whole_own, whole):
            text = f"{own!r} of {other.endpoint} and {name!r} of {one.endpoint}"
            hint = "give each sender names of its own: one instrument has one source"
            raise ConfigError(path, "plain.names", f"{text} are one instrument", hint)


def load_keys(path: Path) -> dict[str, bytes]:
    """Node id -> key, from the secrets file; a key itself never gets into a message."""
    found = {}
    for node, text in toml.load(path, _KeyFile).keys.items():
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise ConfigError(path, f"keys.{node}", f"must be {2 * KEY_BYTES} hexadecimal digits")
        found[node] = key
    return found
