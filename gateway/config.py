"""The gateway's configuration: every setting, its default and its limits, in one place.

`gateway.toml` is a `Config`; the node keys stand in a file of their own (`secrets.path`), so that
the configuration can be shown to anybody.
"""

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
    """A sender of unsealed SenML: `host` or `host:port`, and the names it may use.

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
    return toml.load(path, Config)


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
