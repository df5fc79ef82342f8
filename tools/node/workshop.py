"""Node images for the simulator: what `sim.image.Workshop` asks for, from the profiles."""

from pathlib import Path

import msgspec

from sim.image import CONFIG_PATH, KEY_PATH, NodeImage, NodeSpec
from tools.node import build, profile


def node(spec: NodeSpec) -> str:
    """Name of the node; ConfigError if the profile cannot be used."""
    return spec.id or profile.load(profile.named(spec.profile)).sealed.node


def image(spec: NodeSpec, gateway: tuple[str, int], port: int, key: bytes) -> NodeImage:
    """Image of a profile with another address, and with what the scenario changes."""
    found = _changed(profile.load(profile.named(spec.profile)), spec)
    placed = _replace(found.operating, gateway=profile.Gateway(*gateway), port=port)
    files = {CONFIG_PATH: profile.encode(_replace(found, operating=placed)), KEY_PATH: key}
    return NodeImage.of(files)


def library() -> Path:
    """Tree of the compiled firmware."""
    return build.compile_tree()


def _changed(found: profile.Profile, spec: NodeSpec) -> profile.Profile:
    sealed, operating = found.sealed, found.operating
    changes = dict(spec.changes)
    period_ms = changes.pop("period_ms", None)
    if period_ms is not None:
        slower = [_replace(one, period_ms=period_ms) for one in sealed.channels]
        sealed = _replace(sealed, channels=slower)
    if spec.id:  # an instrument exists once
        named = [_replace(one, serial=f"{one.serial}-{spec.id}") for one in sealed.channels]
        sealed = _replace(sealed, node=spec.id, channels=named)
    return profile.Profile(sealed, _replace(operating, **changes))


_replace = msgspec.structs.replace
