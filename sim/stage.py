"""What a run needs before it starts: keys, configuration, node images, free ports."""

import hashlib
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.image import NodeImage, NodeSpec, Workshop

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Stage:
    """Paths and addresses of one run."""

    folder: Path
    config: Path
    database: Path
    images: dict[str, NodeImage]
    node_ports: dict[str, int]
    library: Path


def build(
    folder: Path,
    workshop: Workshop,
    specs: Sequence[NodeSpec],
    console_port: int = 0,
    language: str = "en",
    seed: int | None = None,
) -> Stage:
    """Write everything into `folder`. With a seed, the keys are the same every time."""
    coap_port = free_udp_port()
    images: dict[str, NodeImage] = {}
    ports: dict[str, int] = {}
    keys: dict[str, bytes] = {}
    for spec in specs:
        node, port = workshop.node(spec), free_udp_port()
        keys[node] = _key(seed, node)
        images[node] = workshop.image(spec, (HOST, coap_port), port, keys[node])
        ports[node] = port
    (folder / "keys.toml").write_text(_keys(keys))
    (folder / "keys.toml").chmod(0o600)
    config = folder / "gateway.toml"
    config.write_text(_config(coap_port, console_port, language))
    database = folder / "gateway.db"
    return Stage(folder, config, database, images, ports, workshop.library())


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
