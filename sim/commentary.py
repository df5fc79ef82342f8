"""One event of a node's chain as one line for people."""

from typing import Any

from protocols import codes, words


def text(event: dict[str, Any]) -> str:
    """What happened; empty for what only describes the node."""
    code = event["code"]
    if code == codes.EV_BOOT:
        cause = words.name(words.BOOTS, event["cause"])
        return f"booted ({cause}): firmware {event['version']} on {event['runtime']}"
    if code == codes.EV_GAP:
        gap_s = max(0, event["to_ms"] - event["from_ms"]) / 1000
        return f"gap recorded: {gap_s:.1f} s without record"
    if code == codes.EV_CLOCK and event["new"] == codes.CLOCK_HOLDOVER:
        return "clock not confirmed for too long: holdover"
    if code == codes.EV_CLOCK:
        return f"clock set by {(event['step_ms'] or 0) / 1000:.3f} s"
    if code == codes.EV_OVERWRITE:
        return f"journal full: blocks {event['first_seq']} to {event['last_seq']} overwritten"
    if code == codes.EV_MISSED:
        return f"{event['slots']} samples missed"
    if code == codes.EV_COMMAND:
        return f"{event['command']} by {event['by']}"
    if code == codes.EV_ADJUST:
        return f"{event['what']} adjusted from {event['before']} to {event['after']}"
    if code == codes.EV_CRASH:
        return f"crashed before: {event['text']}"
    if code == codes.EV_SELFTEST:
        passed = event["passed"]
        return "" if passed else f"self-test failed: {event['test']} {event['measured']}"
    if code != codes.EV_ALARM:
        return ""
    if event["old"] == event["new"]:  # what stands at a boot
        return ""
    condition = words.name(words.CONDITIONS, event["condition"])
    state = words.name(words.ALARM_STATES, event["new"])
    if event["condition"] & codes.PREDICTED and event["new"] == codes.UNACK:
        when = "" if event["tte_ms"] is None else f" in {event['tte_ms'] / 1000:.1f} s"
        chance = f"{event['p_permille'] / 10:.0f} %"
        return f"predictive alarm: {condition[1:]} will be crossed{when} ({chance})"
    if event["new"] == codes.UNACK:
        return f"ALARM {condition}"
    return f"{condition}: {state}"
