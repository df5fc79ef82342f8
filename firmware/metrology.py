"""What an instrument's certificate says; looked at on a boot and when something is put right.

The maximum permissible error (MPE) is the largest of three: a share of the span (pressure gauges),
a share of the value (dust meters), a fixed size (speed meters). The numbers stand in the profile
with their source, and none of a standard's in the firmware.
"""

_PPM = 1_000_000


def mpe(accuracy: dict, value: float, span: float) -> float:
    """Maximum permissible error at `value`, in the wire unit."""
    return max(
        accuracy.get("of_span", 0.0) * span,
        accuracy.get("of_value", 0.0) * abs(value),
        accuracy.get("absolute", 0.0),
    )


def certificate(cfg: dict, channel) -> "tuple | None":
    """Arguments of the EV_CERTIFICATE of a channel's sealed part; None without certificate."""
    found = cfg.get("certificate")
    if found is None:
        return None
    args = (channel.ch, found["id"], found["issued_ms"], found["due_ms"])
    accuracy = cfg.get("accuracy")
    if accuracy is None:
        return args
    return args + (
        accuracy["class"],
        round(accuracy.get("of_span", 0.0) * _PPM),
        round(accuracy.get("of_value", 0.0) * _PPM),
        channel.scaled(accuracy.get("absolute", 0.0)),
    )
