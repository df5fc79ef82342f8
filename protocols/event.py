"""Events of a block: what the arguments of each code mean, in order.

A node writes plain tuples after this table; `fields` is for those who read them. Arguments that
an older node did not send are None, those that a newer one added are ignored, and so is what has
the wrong type: a reader then finds None, never a surprise.

All values (value, deadband, low, high, uncertainty) are integers in units of 10^scale of the
channel's wire unit, like the samples. Times are milliseconds, `p_permille` is a probability.

A certificate tells the maximum permissible error as the largest of a share of the span, a share of
the value (both in parts per million) and `absolute`. An adjustment of the `zero` is in thousandths
of the channel's units, one of the `gain` in parts per million.
"""

from . import codes

# The forecast part of an alarm (from `p_permille`) is there for predictive alarms only.
LAYOUTS = (
    (codes.EV_BOOT, ("cause", "version", "software", "config", "runtime", "board")),
    (
        codes.EV_CHANNEL,
        (
            "ch", "name", "quantity", "urn", "scale", "period_ms", "low", "high", "uncertainty",
            "horizon_s", "sensor", "instrument",
        ),
    ),
    (
        codes.EV_LIMIT,
        (
            "ch", "condition", "value", "deadband", "on_delay_ms", "off_delay_ms", "priority",
            "latch", "predict",
        ),
    ),
    (
        codes.EV_ALARM,
        (
            "ch", "condition", "old", "new", "value", "p_permille", "tte_ms", "tte10_ms",
            "tte90_ms",
        ),
    ),
    (codes.EV_GAP, ("reason", "from_ms", "to_ms", "first_seq", "last_seq")),
    (codes.EV_CLOCK, ("old", "new", "step_ms")),
    (codes.EV_OVERWRITE, ("first_seq", "last_seq")),
    (codes.EV_MISSED, ("ch", "slots")),
    (codes.EV_COMMAND, ("command", "ch", "condition", "by", "because", "for_s")),
    (codes.EV_CONFIG, ("config",)),
    (codes.EV_CRASH, ("text",)),
    (codes.EV_SELFTEST, ("test", "measured", "passed")),
    (
        codes.EV_CERTIFICATE,
        (
            "ch", "certificate", "issued_ms", "due_ms", "accuracy", "of_span_ppm", "of_value_ppm",
            "absolute",
        ),
    ),
    (codes.EV_ADJUST, ("ch", "what", "before", "after", "by")),
)  # fmt: skip

# What is neither of these is an integer.
TEXTS = (
    "version", "runtime", "board", "name", "urn", "sensor", "instrument", "command", "by", "text",
    "test", "because", "certificate", "accuracy", "what",
)  # fmt: skip
DIGESTS = ("software", "config")
FLAGS = ("latch", "predict", "passed")


def layout(code: int) -> "tuple | None":
    """Names of the arguments of an event, or None for a code this software does not know."""
    for known, names in LAYOUTS:
        if known == code:
            return names
    return None


def kind(name: str) -> type:
    """Type of the argument called `name`."""
    if name in TEXTS:
        return str
    if name in DIGESTS:
        return bytes
    return bool if name in FLAGS else int


def fields(event) -> dict:
    """Arguments of a `block.Event` by name; {"args": [...]} for an unknown code."""
    names = layout(event.code)
    if names is None:
        return {"args": list(event.args)}
    found = {}
    for i in range(len(names)):
        value = event.args[i] if i < len(event.args) else None
        found[names[i]] = value if _fits(value, kind(names[i])) else None
    return found


def _fits(value, wanted):
    """bool is an int to isinstance(), but not to us."""
    return isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool)
