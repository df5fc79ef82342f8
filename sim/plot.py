"""One channel of a trace as an SVG: reading, truth, limits, alarm bands, faults, relay.

Readable in grey: truth is dashed, limits are dotted and labelled, alarms are bands with a word,
faults are hatched bands, what happened is a mark with a word below the time axis.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from typing import Any

from protocols import codes, words

WIDTH, HEIGHT = 960, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 56, 34, 74
TOGETHER = 30  # marks nearer than this share their words
# wire unit of an instrument -> (unit for people, factor)
UNITS = {
    "pressure": ("MPa", 1e-6),
    "dust": ("mg/m³", 1e-3),
    "speed": ("km/h", 1.0),
}
_ACTIVE = (codes.UNACK, codes.ACKED, codes.LATCH_UNACK, codes.LATCH_ACKED)


@dataclass
class Channel:
    """Everything that a plot shows of one channel."""

    node: str
    ch: int
    name: str
    instrument: str
    span: tuple[float, float]
    shown: list[tuple[float, float]] = field(default_factory=list)
    true: list[tuple[float, float]] = field(default_factory=list)
    limits: list[tuple[str, float]] = field(default_factory=list)
    bands: list[tuple[str, float, float]] = field(default_factory=list)  # alarm word, from, to
    faults: list[tuple[str, float, float]] = field(default_factory=list)
    marks: list[tuple[str, float]] = field(default_factory=list)
    relay: list[tuple[float, int]] = field(default_factory=list)


def channels(lines: Iterable[dict[str, Any]]) -> tuple[list[Channel], float]:
    """Channels of a trace and the time of its last line."""
    found: dict[tuple[str, int], Channel] = {}
    open_bands: dict[tuple[str, int, str], float] = {}
    end_s = 0.0
    for line in lines:
        kind, at_s = line["k"], line["t"]
        end_s = max(end_s, at_s)
        node, ch = line.get("node", ""), line.get("ch", 0)
        if kind == "channel":
            span = (line["range"][0], line["range"][1])
            found[node, ch] = Channel(node, ch, line["name"], line["instrument"], span)
        elif kind == "limit":
            found[node, ch].limits.append((line["at"], line["value"]))
        elif kind == "value":
            found[node, ch].shown.append((at_s, line["shown"]))
            found[node, ch].true.append((at_s, line["value"]))
        elif kind == "pin" and line["output"] == "relay":
            for one in _of(found, node, None):
                one.relay.append((at_s, line["level"]))
        elif kind == "event":
            _event(found, open_bands, line)
        elif kind == "step":
            for one in _of(found, line["node"], line["ch"]):
                if line["until"] is None:
                    one.marks.append((line["name"], at_s))
                else:
                    one.faults.append((line["name"], at_s, line["until"]))
    for (node, ch, word), start_s in open_bands.items():
        found[node, ch].bands.append((word, start_s, end_s))
    return list(found.values()), end_s


def svg(one: Channel, end_s: float) -> str:
    """The plot."""
    unit, factor = UNITS.get(one.instrument, ("", 1.0))
    low, high = _extent(one)
    end_s = max(end_s, 1e-3)

    def x(at_s: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(max(at_s, 0.0), end_s) / end_s, 1)

    def y(value: float) -> float:
        inside = min(max(value, low), high)
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - inside) / (high - low), 1)

    parts = [_bands(one, x), _axes(x, y, low, high, end_s, unit, factor)]
    for at, value in one.limits:
        parts.append(
            f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value)}"'
            f' y2="{y(value)}"/><text class="limit" x="{WIDTH - RIGHT + 4}"'
            f' y="{y(value) + 4}">{at} {value * factor:g}</text>'
        )
    parts.append(f'<polyline class="true" points="{_points(one.true, x, y)}"/>')
    parts.append(f'<polyline class="shown" points="{_points(one.shown, x, y)}"/>')
    parts.append(_relay(one, x, end_s))
    parts.append(_marks(one, x))
    title = f"{one.node} ch {one.ch} {one.name} ({unit})"
    legend = "reading ━  truth ┅  limit ····  relay bar: thick = released"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><line y2="6" stroke="#777" stroke-width="1.4"/>'
        "</pattern></defs>"
        f'<text class="title" x="{LEFT}" y="14">{escape(title)}</text>'
        f'<text class="legend" x="{WIDTH - RIGHT}" y="14" text-anchor="end">{legend}</text>'
        f"{''.join(parts)}</svg>"
    )


def _of(found: dict[tuple[str, int], Channel], node: str | None, ch: int | None) -> list[Channel]:
    return [one for one in found.values() if node in (None, one.node) and ch in (None, one.ch)]


def _event(
    found: dict[tuple[str, int], Channel],
    open_bands: dict[tuple[str, int, str], float],
    line: dict[str, Any],
) -> None:
    event, node, at_s = line["event"], line["node"], line["at"]
    if event["code"] != codes.EV_ALARM:
        word = words.name(words.EVENTS, event["code"])
        if word in ("boot", "gap", "clock", "overwrite", "crash"):
            for one in _of(found, node, None):
                one.marks.append((word, at_s))
        return
    word = words.name(words.CONDITIONS, event["condition"])
    key = (node, event["ch"], word)
    if (node, event["ch"]) not in found:
        return
    if event["new"] in _ACTIVE:
        open_bands.setdefault(key, at_s)
    elif key in open_bands:
        found[node, event["ch"]].bands.append((word, open_bands.pop(key), at_s))


def _extent(one: Channel) -> tuple[float, float]:
    values = [value for _, value in one.shown + one.true] + [value for _, value in one.limits]
    low, high = (min(values), max(values)) if values else one.span
    room = 0.08 * (high - low) or abs(high) * 0.1 or 1.0
    return low - room, high + room


def _bands(one: Channel, x: Any) -> str:
    found, height = [], HEIGHT - TOP - BOTTOM
    for row, (word, start_s, stop_s) in enumerate(sorted(one.bands, key=lambda band: band[1])):
        kind = "predicted" if word.startswith("p") else "alarm"
        width = max(2.0, x(stop_s) - x(start_s))
        found.append(
            f'<rect class="{kind}" x="{x(start_s)}" y="{TOP}" width="{width}"'
            f' height="{height}"/><text class="band" x="{x(start_s) + 3}"'
            f' y="{TOP + 12 + 12 * (row % 3)}">{escape(word)}</text>'
        )
    for word, start_s, stop_s in one.faults:
        width = max(2.0, x(stop_s) - x(start_s))
        found.append(
            f'<rect class="fault" x="{x(start_s)}" y="{HEIGHT - BOTTOM - 12}" width="{width}"'
            f' height="12"/><text class="fault" x="{x(start_s) + 3}"'
            f' y="{HEIGHT - BOTTOM - 15}">{escape(word)}</text>'
        )
    return "".join(found)


def _axes(x: Any, y: Any, low: float, high: float, end_s: float, unit: str, factor: float) -> str:
    bottom = HEIGHT - BOTTOM
    found = [f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}"/>']
    for value in _ticks(low * factor, high * factor, 8):
        at = y(value / factor)
        found.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>'
            f'<text x="{LEFT - 6}" y="{at + 4}" text-anchor="end">{value:g}</text>'
        )
    scale, word = (1.0, "s") if end_s < 600 else (60.0, "min") if end_s < 7200 else (3600.0, "h")
    for value in _ticks(0.0, end_s / scale, 10):
        at = x(value * scale)
        found.append(
            f'<line class="axis" x1="{at}" x2="{at}" y1="{bottom}" y2="{bottom + 4}"/>'
            f'<text x="{at}" y="{bottom + 17}" text-anchor="middle">{value:g}</text>'
        )
    found.append(f'<text x="{WIDTH - RIGHT + 14}" y="{bottom + 17}">{word}</text>')
    return "".join(found)


def _relay(one: Channel, x: Any, end_s: float) -> str:
    """A bar under the axis: thin while the relay is closed, thick while it is released."""
    found, at_y = [], HEIGHT - BOTTOM + 28
    changes = [(0.0, 0), *one.relay, (end_s, 0)]
    for (start_s, level), (stop_s, _) in pairwise(changes):
        if stop_s > start_s:
            width = 2 if level else 7
            found.append(
                f'<line stroke="#444" stroke-width="{width}" x1="{x(start_s)}" x2="{x(stop_s)}"'
                f' y1="{at_y}" y2="{at_y}"/>'
            )
    return f'<text x="{LEFT - 6}" y="{at_y + 4}" text-anchor="end">relay</text>{"".join(found)}'


def _marks(one: Channel, x: Any) -> str:
    """A line at each instant; words that would touch stand in one, or in the row below."""
    together: list[tuple[float, list[str]]] = []
    for word, at_s in sorted(one.marks, key=lambda mark: mark[1]):
        if together and x(at_s) - x(together[-1][0]) < TOGETHER:
            if word not in together[-1][1]:
                together[-1][1].append(word)
        else:
            together.append((at_s, [word]))
    found = []
    for row, (at_s, said) in enumerate(together):
        at_y = HEIGHT - BOTTOM + 48 + 12 * (row % 2)
        anchor = "start" if x(at_s) < LEFT + 40 else "middle"
        found.append(
            f'<line class="mark" x1="{x(at_s)}" x2="{x(at_s)}" y1="{TOP}" y2="{at_y - 9}"/>'
            f'<text class="mark" x="{x(at_s)}" y="{at_y}" text-anchor="{anchor}">'
            f"{escape(', '.join(said))}</text>"
        )
    return "".join(found)


def _points(series: Sequence[tuple[float, float]], x: Any, y: Any, most: int = 1600) -> str:
    step = max(1, len(series) // most)
    return " ".join(f"{x(at_s)},{y(value)}" for at_s, value in series[::step])


def _ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers between the two."""
    span = (high - low) / about
    size = 10.0 ** (len(f"{int(span)}") - 1 if span >= 1 else -len(_zeros(span)))
    step = next(size * one for one in (1, 2, 5, 10, 20, 50, 100) if size * one >= span)
    first = int(low // step) + 1 if low > 0 or low % step else int(low // step)
    return [round(step * n, 12) for n in range(first, int(high // step) + 1) if step * n >= low]


def _zeros(span: float) -> str:
    """One character for each decimal place up to the first figure."""
    text = f"{span:.12f}".partition(".")[2]
    return text[: len(text) - len(text.lstrip("0")) + 1]
