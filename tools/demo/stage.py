"""What the demo needs before it starts: keys, configuration, node images, free ports."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sim.image import CONFIG_PATH, NodeImage
from tools.node import profile

PROFILES = ("pressure", "dust", "speed")
KEY_PATH = "/key.bin"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Stage:
    """Paths and addresses of one run."""

    folder: Path
    config: Path
    database: Path
    images: dict[str, NodeImage]
    node_ports: dict[str, int]


def build(folder: Path, console_port: int, language: str, profiles: tuple[str, ...]) -> Stage:
    """Write everything into `folder`; ConfigError if a profile cannot be used."""
    coap_port = free_udp_port()
    images: dict[str, NodeImage] = {}
    ports: dict[str, int] = {}
    keys = {}
    for name in profiles:
        found = profile.load(profile.named(name))
        node, port = found.sealed.node, free_udp_port()
        keys[node] = os.urandom(32)
        images[node] = _image(found, coap_port, port, keys[node])
        ports[node] = port
    (folder / "keys.toml").write_text(_keys(keys))
    (folder / "keys.toml").chmod(0o600)
    config = folder / "gateway.toml"
    config.write_text(_config(coap_port, console_port, language))
    return Stage(folder, config, folder / "gateway.db", images, ports)


def free_udp_port() -> int:
    """A UDP port that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _image(found: profile.Profile, coap_port: int, port: int, key: bytes) -> NodeImage:
    gateway = profile.Gateway(HOST, coap_port)
    operating = msgspec.structs.replace(found.operating, gateway=gateway, port=port)
    placed = msgspec.structs.replace(found, operating=operating)
    return NodeImage.of({CONFIG_PATH: profile.encode(placed), KEY_PATH: key})


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
