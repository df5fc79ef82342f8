"""A node's profile (TOML) becomes the `/cfg.cbor` that its firmware reads; every slip has a name.

What can be known without the board is checked here: keys and types by the shape below, words
against the firmware's own registries, limits against their channel's range, the DEV URN by its
grammar. The firmware checks again what it must not take on trust.
"""

import datetime
import difflib
import hashlib
import ipaddress
import itertools
import runpy
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from firmware import instruments, sensors
from gateway import toml
from gateway.errors import ConfigError
from protocols import block, cbor, urn
from protocols.errors import DecodeError
from tools.node.build import ROOT

_RANKS = ("LL", "L", "H", "HH")

PROFILES = ROOT / "firmware" / "profiles"

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
PositiveMs = Annotated[int, msgspec.Meta(ge=1)]
Byte = Annotated[int, msgspec.Meta(ge=1, le=255)]


class Certificate(msgspec.Struct, frozen=True):
    """Of the last verification or calibration; both days are whole, in UTC."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    issued: datetime.date
    due: datetime.date


class Accuracy(msgspec.Struct, frozen=True):
    """Accuracy class, and the maximum permissible error: the largest of the three numbers.

    `of_span` and `of_value` are shares, `absolute` is in the wire unit; `source` says who asks it.
    """

    source: Annotated[str, msgspec.Meta(min_length=1)]
    grade: Annotated[str, msgspec.Meta(max_length=16)] = msgspec.field(name="class")
    of_span: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    of_value: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    absolute: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class Channel(msgspec.Struct, frozen=True):
    """One quantity of one instrument, as its certificate and its wiring say."""

    ch: Byte
    name: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9]{0,15}$")]
    instrument: str
    serial: str
    sensor: str
    bus: str
    period_ms: Annotated[int, msgspec.Meta(ge=20, le=3_600_000)]
    range: tuple[float, float]
    horizon_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)]
    uncertainty: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    points: list[tuple[float, float]] | None = None
    params: dict[str, Any] = {}
    scale: Annotated[int, msgspec.Meta(ge=-6, le=6)] | None = None
    stuck_s: Annotated[int, msgspec.Meta(ge=0)] | None = None
    warm_up_s: Annotated[int, msgspec.Meta(ge=0)] | None = None
    certificate: Certificate | None = None
    accuracy: Accuracy | None = None
    zero: float | None = None
    gain: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Sealed(msgspec.Struct, frozen=True):
    """What the instrument legally is."""

    node: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9.-]{0,15}$")]
    board: str
    channels: list[Channel]
    mode: Literal["normal", "test", "drill", "simulated"] = "normal"
    seal: Literal["closed", "open"] = "closed"


class Limit(msgspec.Struct, frozen=True):
    """A boundary of one channel."""

    ch: Byte
    at: Literal["LL", "L", "H", "HH", "RATE", "DEV", "DIFF"]
    value: float
    deadband: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    on_delay_ms: Annotated[int, msgspec.Meta(ge=0)] = 0
    off_delay_ms: Annotated[int, msgspec.Meta(ge=0)] = 0
    priority: Annotated[int, msgspec.Meta(ge=1, le=4)] = 2
    latch: bool = False
    predict: bool = False
    realarm_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0
    window_s: Annotated[int, msgspec.Meta(ge=1, le=3_600)] | None = None
    setpoint: float | None = None
    other: Byte | None = None
    unless: tuple[Byte, str] | None = None


class Gateway(msgspec.Struct, frozen=True):
    """Where blocks go."""

    host: str
    port: Port = 5683


class Operating(msgspec.Struct, frozen=True):
    """What the operator may change."""

    gateway: Gateway
    limits: list[Limit] = []
    port: Port = 0
    flush_ms: Annotated[int, msgspec.Meta(ge=1_000, le=600_000)] = 10_000
    journal_kib: Annotated[int, msgspec.Meta(ge=32)] = 256
    holdover_s: Annotated[int, msgspec.Meta(ge=60)] = 86_400


class Profile(msgspec.Struct, frozen=True):
    """One node."""

    sealed: Sealed
    operating: Operating


def load(path: Path) -> Profile:
    """Profile in the file; ConfigError with file, key and a way out if it cannot be used."""
    profile = toml.load(path, Profile)
    for key, text in _faults(profile):
        raise ConfigError(path, key, text)
    return profile


def named(name: str) -> Path:
    """File of an example profile, or of the path given; ConfigError names what there is."""
    path = Path(name)
    if path.suffix == ".toml" or path.exists():
        return path
    known = examples()
    if name not in known:
        raise ConfigError(PROFILES, "", f"there is no profile {name}; {_choose(name, known)}")
    return PROFILES / f"{name}.toml"


def examples() -> list[str]:
    """Names of the example profiles."""
    return sorted(file.stem for file in PROFILES.glob("*.toml"))


def encode(profile: Profile) -> bytes:
    """Bytes of `/cfg.cbor`: [sealed part, operating part, digest], the same for one profile."""
    parts = [cbor.encode(_plain(profile.sealed)), cbor.encode(_plain(profile.operating))]
    return cbor.encode([*parts, hashlib.sha256(b"".join(parts)).digest()])


def _plain(part: msgspec.Struct) -> Any:
    """Builtins without what is None: a key that is absent means the firmware's default."""
    return _without_none(msgspec.to_builtins(part, builtin_types=(datetime.date,)))


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        kept = (_dated(key, item) for key, item in value.items() if item is not None)
        return {key: _without_none(item) for key, item in kept}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value]
    return value


def _dated(key: str, value: Any) -> tuple[str, Any]:
    """A day is its first millisecond of unix time; what is due on one is so when it is over."""
    if not isinstance(value, datetime.date):
        return key, value
    day = value + datetime.timedelta(days=key == "due")
    begin = datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC)
    return f"{key}_ms", int(begin.timestamp()) * 1000


def _faults(profile: Profile) -> Iterable[tuple[str, str]]:
    sealed, operating = profile.sealed, profile.operating
    channels = {channel.ch: channel for channel in sealed.channels}
    if not sealed.channels or len(channels) < len(sealed.channels):
        yield "sealed.channels", "needs at least one channel, each with a `ch` of its own"
    if len({channel.name for channel in sealed.channels}) < len(sealed.channels):
        yield "sealed.channels.name", "is used twice"
    if len(sealed.node.encode()) > block.MAX_NODE_BYTES:
        yield "sealed.node", f"is longer than {block.MAX_NODE_BYTES} bytes"
    yield from _word("sealed.board", sealed.board, _boards())
    for channel in sealed.channels:
        yield from _channel_faults(channel, sealed.board)
    yield from _sharing_faults(sealed.channels)
    try:
        ipaddress.IPv4Address(operating.gateway.host)
    except ValueError:
        text = (
            f"must be an IPv4 address, not {operating.gateway.host!r}: a node has no time for DNS"
        )
        yield "operating.gateway.host", text
    yield from _order_faults(operating.limits)
    placed = [(limit.ch, limit.at) for limit in operating.limits]
    for ch, at in placed:
        if placed.count((ch, at)) > 1:
            yield "operating.limits.at", f"gives channel {ch} two limits {at}"
    for limit in operating.limits:
        if limit.ch not in channels:
            yield "operating.limits.ch", f"names channel {limit.ch}, which is not there"
        else:
            yield from _limit_faults(limit, channels[limit.ch].range)
            yield from _pair_faults(limit, channels)
        if limit.unless is not None and (
            limit.unless not in placed or limit.unless == (limit.ch, limit.at)
        ):
            text = f"[{limit.unless[0]}, {limit.unless[1]!r}] names no other limit of this node"
            yield "operating.limits.unless", text


def _limit_faults(limit: Limit, span: tuple[float, float]) -> Iterable[tuple[str, str]]:
    """What does not fit together in one limit."""
    key = "operating.limits."
    if limit.at in _RANKS:
        if not span[0] <= limit.value <= span[1]:
            yield key + "value", f"{limit.value} is outside {span[0]} to {span[1]}"
    elif limit.value <= 0:
        yield key + "value", f"of {limit.at} must be above 0"
    if limit.predict and limit.at not in _RANKS:
        yield key + "predict", f"is not for {limit.at}: the forecast is of the value itself"
    if (limit.setpoint is not None) != (limit.at == "DEV"):
        yield key + "setpoint", "belongs to DEV, which needs one"
    if (limit.other is not None) != (limit.at == "DIFF"):
        yield key + "other", "belongs to DIFF, which needs one: the channel to compare with"
    if limit.window_s is not None and limit.at != "RATE":
        yield key + "window_s", "belongs to RATE"


def _pair_faults(limit: Limit, channels: dict[int, Channel]) -> Iterable[tuple[str, str]]:
    """Two channels that are compared measure the same."""
    if limit.other is None:
        return
    one, other = channels[limit.ch], channels.get(limit.other)
    if other is None or other is one:
        yield "operating.limits.other", f"names no other channel of this node: {limit.other}"
    elif other.instrument != one.instrument:
        text = f"of {one.instrument} is {other.instrument}: only equals can be compared"
        yield "operating.limits.other", text


def _order_faults(limits: Sequence[Limit]) -> Iterable[tuple[str, str]]:
    """LL below L below H below HH, as far as a channel has them."""
    limits = [limit for limit in limits if limit.at in _RANKS]
    ranked = sorted(limits, key=lambda limit: (limit.ch, _RANKS.index(limit.at)))
    for lower, upper in itertools.pairwise(ranked):
        if lower.ch == upper.ch and lower.at != upper.at and lower.value >= upper.value:
            text = f"of channel {lower.ch}: {lower.at} {lower.value} is not below"
            yield "operating.limits.value", f"{text} {upper.at} {upper.value}"


def _channel_faults(channel: Channel, board: str) -> Iterable[tuple[str, str]]:
    key = "sealed.channels."
    yield from _word(key + "instrument", channel.instrument, instruments.NAMES)
    yield from _word(key + "sensor", channel.sensor, sensors.NAMES)
    if channel.sensor in sensors.NAMES:
        part = sensors.load(channel.sensor)
        for param in channel.params:
            yield from _word(key + "params", param, part.PARAMS)
        yield from _param_faults(key + "params", part, channel.params)
        if board in _boards():
            yield from _word(key + "bus", channel.bus, sorted(pins(board)[part.BUS]))
    try:
        urn.decode(channel.serial)
    except DecodeError as error:
        yield key + "serial", f"must be a DEV URN (urn:dev:os:<PEN>-<serial>): {error.reason}"
    if channel.range[0] >= channel.range[1]:
        yield key + "range", "must be [low, high], low below high"
    points = channel.points
    if points is not None and not _rising(points):
        yield key + "points", "must be two or more [indicated, true] pairs that rise in both"
    if channel.certificate is not None and channel.certificate.due <= channel.certificate.issued:
        yield key + "certificate.due", "must be a day after it was issued"
    if channel.accuracy is not None:
        yield from _accuracy_faults(key, channel, channel.accuracy)


def _accuracy_faults(key: str, channel: Channel, accuracy: Accuracy) -> Iterable[tuple[str, str]]:
    """An instrument less certain than its own permissible error cannot be said to keep it."""
    low, high = channel.range
    largest = max(
        accuracy.of_span * (high - low), accuracy.of_value * max(-low, high), accuracy.absolute
    )
    if largest == 0.0:
        yield key + "accuracy", "needs one of of_span, of_value, absolute above 0"
    elif channel.uncertainty > largest:
        text = f"{channel.uncertainty} is above the maximum permissible error, {largest} at most"
        yield key + "uncertainty", text


class _Anything:
    """A bus or a board with nothing behind it: a sensor that is made does not look."""

    def __getattr__(self, name: str) -> Any:
        return _Anything()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _Anything()


def _param_faults(key: str, part: Any, params: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """What the driver itself says of its params."""
    try:
        if hasattr(part, "build"):
            part.build(_Anything(), "", params)
        else:
            part.Sensor(_Anything(), params)
    except KeyError as error:
        yield key, f"lacks {error.args[0]}"
    except (TypeError, ValueError, ZeroDivisionError, IndexError) as error:
        yield key, f"make no sense: {error}"


def _sharing_faults(channels: Sequence[Channel]) -> Iterable[tuple[str, str]]:
    """Parts on one I2C bus differ by address; any other bus has one part."""
    taken: dict[tuple[str, Any], int] = {}
    for channel in channels:
        if channel.sensor not in sensors.NAMES:
            continue
        part = sensors.load(channel.sensor)
        on_i2c = part.BUS == "I2C"
        place = (channel.bus, channel.params.get("address", part.ADDRESS) if on_i2c else None)
        if place in taken:
            other = taken[place]
            way = "another `address`" if on_i2c else "another bus"
            text = f"of channel {channel.ch} is taken by channel {other}; give it {way}"
            yield "sealed.channels.bus", text
        taken[place] = channel.ch


def _rising(points: list[tuple[float, float]]) -> bool:
    pairs = list(itertools.pairwise(points))
    return bool(pairs) and all(a < c and b < d for (a, b), (c, d) in pairs)


def _word(key: str, word: str, known: Sequence[str]) -> Iterable[tuple[str, str]]:
    if word not in known:
        yield key, f"knows no {word!r}; {_choose(word, known)}"


def _choose(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, 1, 0.6)
    return f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"


def _boards() -> list[str]:
    folder = ROOT / "firmware" / "board"
    return sorted(file.stem for file in folder.glob("*.py") if file.stem[0] != "_")


def pins(board: str) -> dict[str, Any]:
    """What the pin file of a board says."""
    return runpy.run_path(str(ROOT / "firmware" / "board" / f"{board}.py"))
