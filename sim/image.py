"""What a node is made with: the files of its flash, and what they say about its channels.

The simulator does not know how profiles become images: whoever runs it hands it a `Workshop`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from protocols import cbor

CONFIG_PATH = "/cfg.cbor"
KEY_PATH = "/key.bin"

# What a scenario may change of a profile: setting -> what it is
CHANGES: Mapping[str, str] = {
    "period_ms": "sample period of every channel",
    "flush_ms": "longest time that a block stays open",
    "journal_kib": "room for the journal on the flash",
}


@dataclass(frozen=True)
class NodeSpec:
    """Which node a scenario wants: a profile, under another name, with settings changed."""

    profile: str
    id: str = ""
    changes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class NodeImage:
    """One node as `tools.node` builds it. Channels and limits are those of its `/cfg.cbor`."""

    node: str
    board: str
    channels: list[dict[str, Any]]
    limits: list[dict[str, Any]]
    files: Mapping[str, bytes]  # path on the node's flash -> content

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> "NodeImage":
        """Image of these files, `/cfg.cbor` among them."""
        sealed, operating = map(cbor.decode, cbor.decode(files[CONFIG_PATH])[:2])
        channels, limits = sealed["channels"], operating["limits"]
        return cls(sealed["node"], sealed["board"], channels, limits, files)

    def limits_of(self, ch: int) -> list[dict[str, Any]]:
        """Limits of one channel."""
        return [limit for limit in self.limits if limit["ch"] == ch]


class Workshop(Protocol):
    """Who makes images of nodes and compiles their firmware (a module may be one)."""

    def node(self, spec: NodeSpec) -> str:
        """Name of the node; an error of the workshop's own if the profile cannot be used."""

    def image(self, spec: NodeSpec, gateway: tuple[str, int], port: int, key: bytes) -> NodeImage:
        """Its image, with that gateway, local UDP port and key."""

    def library(self) -> Path:
        """Tree of the compiled firmware."""
