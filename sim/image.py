"""What a node is made with: the files of its flash, and what they say about its channels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocols import cbor

CONFIG_PATH = "/cfg.cbor"


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
        sealed, operating = map(cbor.decode, cbor.decode(files[CONFIG_PATH]))
        channels, limits = sealed["channels"], operating["limits"]
        return cls(sealed["node"], sealed["board"], channels, limits, files)

    def limits_of(self, ch: int) -> list[dict[str, Any]]:
        """Limits of one channel."""
        return [limit for limit in self.limits if limit["ch"] == ch]
