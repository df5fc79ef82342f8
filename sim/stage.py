"""What a run needs before it starts: keys, configuration, node images, free ports."""

import hashlib
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from protocols import paths
from sim.image import NodeImage, NodeSpec, Workshop
from sim.net import FIRST_NODE, GATEWAY
from sim.station import SUBNET

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Stage:
    """Paths and addresses of one run."""

    folder: Path
    config: Path
    database: Path
    images: dict[str, NodeImage]
    addresses: dict[str, tuple[str, int]]  # where nodes listen, by name
    library: Path


def build(
    folder: Path,
    workshop: Workshop,
    specs: Sequence[NodeSpec],
    console_port: int = 0,
    language: str = "en",
    seed: int | None = None,
    virtual: bool = False,
) -> Stage:
    """Write everything into `folder`. With a seed, the keys are the same every time.

    `virtual`: for the simulated network, in which addresses are the same every time, too.
    """
    gateway = GATEWAY if virtual else (HOST, free_udp_port())
    images: dict[str, NodeImage] = {}
    addresses: dict[str, tuple[str, int]] = {}
    keys: dict[str, bytes] = {}
    for spec in specs:
        node = workshop.node(spec)
        here = FIRST_NODE + len(images)
        address = (f"{SUBNET}{here}", paths.PORT) if virtual else (HOST, free_udp_port())
        keys[node] = _key(seed, node)
        images[node] = workshop.image(spec, gateway, address[1], keys[node])
        addresses[node] = address
    (folder / "keys.toml").write_text(_keys(keys))
    (folder / "keys.toml").chmod(0o600)
    config = folder / "gateway.toml"
    config.write_text(_config(gateway[1], console_port, language))
    database = folder / "gateway.db"
    return Stage(folder, config, database, images, addresses, workshop.library())


def free_udp_port() -> int:
    """A UDP port that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _key(seed: int | None, node: str) -> bytes:
    if seed is None:
        return os.urandom(32)
    return hashlib.sha256(f"simulated key {seed} {node}".encode()).digest()


def _keys(keys: dict[str, bytes]) -> str:
    return "[keys]\n" + "".join(f'"{node}" = "{key.hex()}"\n' for node, key in keys.items())


def _config(coap_port: int, console_port: int, language: str) -> str:
    return f"""[site]
name = "Demo"

[coap]
bind = "{HOST}"
port = {coap_port}

[console]
bind = "{HOST}"
port = {console_port}
language = "{language}"

[store]
path = "gateway.db"

[secrets]
path = "keys.toml"
"""
