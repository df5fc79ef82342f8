"""What pages are shown: committed, provisional, silent; alarms from committed events only."""

import asyncio

import pytest

from gateway.live import Live
from gateway.model import Reading
from gateway.store.store import Store
from protocols import codes

URN = "urn:dev:os:32473-PG-0001:pressure"


class Clock:
    def __init__(self, ms):
        self.ms = ms

    def __call__(self):
        return self.ms


@pytest.fixture
def clock(node):
    return Clock(node.t_ms)


@pytest.fixture
def live(clock):
    return Live("Test", clock)


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path / "gateway.db")
    yield found
    found.close()


@pytest.fixture
def commit(store, verified, live, clock):
    def take(sealed):
        block = verified(sealed, clock())
        live.committed(block, store.commit_block(block).result())

    return take


def only(live):
    (found,) = live.snapshot()["instruments"]
    return found


def test_an_instrument_is_shown_as_its_node_describes_it(live, commit, node):
    commit(node.birth())
    assert only(live) == {
        "key": "pg-01/pressure",
        "node": "pg-01",
        "name": "pressure",
        "quantity": "pressure",
        "unit": "Pa",
        "urn": "urn:dev:os:32473-PG-0001",
        "instrument": "pressure",
        "mode": "simulated",
        "sealed": True,
        "low": 0.0,
        "high": 1_600_000.0,
        "uncertainty": 2000.0,
        "period_ms": 1000,
        "horizon_s": 30,
        "value": 101_330.0,
        "t_ms": node.t_ms - 9000,
        "quality": 0,
        "quality_word": "good",
        "provisional": False,
        "heard_ms": node.t_ms - 10_000,
        "silent": False,
        "limits": [{"at": "HH", "value": 1_000_000.0, "priority": 1, "predict": True}],
        "forecast": None,
        "state": "NORM",
        "alarms": [],
    }


def test_an_alarm_is_listed_with_limit_and_start(live, commit, node):
    commit(node.birth())
    started_ms = node.t_ms
    commit(node.alarm())
    assert live.snapshot()["alarms"] == [
        {
            "key": "pg-01/pressure.HH",
            "node": "pg-01",
            "instrument": "pg-01/pressure",
            "tag": "pressure.HH",
            "at": "HH",
            "predicted": False,
            "quantity": "pressure",
            "unit": "Pa",
            "limit": 1_000_000.0,
            "value": 1_000_100.0,
            "state": "UNACK",
            "priority": 1,
            "started_ms": started_ms,
            "since_ms": started_ms,
            "mode": "simulated",
            "p": None,
            "tte_s": None,
        }
    ]
    assert only(live)["state"] == "UNACK"


def test_a_predictive_alarm_is_listed_one_priority_lower_and_is_no_measured_state(
    live, commit, node
):
    commit(node.birth())
    commit(node.alarm(codes.HH | codes.PREDICTED))
    (entry,) = live.snapshot()["alarms"]
    assert (entry["tag"], entry["at"], entry["predicted"]) == ("pressure.pHH", "HH", True)
    assert (entry["priority"], entry["p"], entry["tte_s"]) == (2, 0.93, 4.1)
    assert only(live)["state"] == "NORM"


def test_what_is_suppressed_by_design_is_not_listed_but_known(live, commit, node):
    commit(node.birth())
    commit(node.alarm(codes.HH | codes.PREDICTED))
    commit(node.alarm(codes.HH | codes.PREDICTED, codes.UNACK, codes.SUPPRESSED_BY_DESIGN))
    assert live.snapshot()["alarms"] == []
    assert [one["state"] for one in only(live)["alarms"]] == ["SUPPRESSED_BY_DESIGN"]


def test_an_alarm_that_overtakes_the_description_is_shown_at_once(live, commit, node):
    birth = node.birth()
    commit(node.alarm())
    (entry,) = live.snapshot()["alarms"]
    assert (entry["tag"], entry["priority"], entry["unit"]) == ("#1.HH", 1, "")
    commit(birth)
    (entry,) = live.snapshot()["alarms"]
    assert (entry["tag"], entry["unit"]) == ("pressure.HH", "Pa")


def test_a_late_alarm_event_does_not_undo_a_later_one(live, commit, node):
    commit(node.birth())
    raised, acked = node.alarm(), node.alarm(old=codes.UNACK, new=codes.ACKED)
    commit(acked)
    commit(raised)
    assert only(live)["state"] == "ACKED"


def test_a_late_block_does_not_replace_a_newer_value(live, commit, node):
    commit(node.birth())
    older, newer = node.block([1]), node.block([2])
    commit(newer)
    commit(older)
    assert only(live)["value"] == 2.0


def test_worst_and_newest_alarms_come_first(live, commit, node):
    commit(node.birth())
    commit(node.alarm(codes.FAULT))
    commit(node.alarm(codes.HH | codes.PREDICTED))
    commit(node.alarm(old=codes.NORM, new=codes.ACKED))
    commit(node.alarm(codes.H))
    tags = [one["tag"] for one in live.snapshot()["alarms"]]
    assert tags == ["pressure.H", "pressure.HH", "pressure.pHH", "pressure.fault"]


def test_what_a_node_notifies_is_provisional_until_it_is_committed(live, commit, node):
    commit(node.birth())
    t_ms = node.t_ms
    live.notified("pg-01", {URN: (t_ms, 7.5), URN + ".q": (t_ms, 0)})
    assert (only(live)["value"], only(live)["provisional"]) == (7.5, True)
    commit(node.block([8]))
    assert (only(live)["value"], only(live)["provisional"]) == (8.0, False)


def test_an_old_notification_does_not_replace_a_committed_value(live, commit, node):
    commit(node.birth())
    live.notified("pg-01", {URN: (1, 7.5), URN + ".q": (1, 0)})
    assert (only(live)["value"], only(live)["provisional"]) == (101_330.0, False)


def test_a_failed_sensor_has_a_quality_and_no_value(live, commit, node):
    commit(node.birth())
    live.notified("pg-01", {URN + ".q": (node.t_ms, codes.OPEN_LOOP)})
    assert (only(live)["value"], only(live)["quality_word"]) == (None, "open loop")


def test_a_forecast_is_shown_while_the_node_tells_one(live, commit, node):
    commit(node.birth())
    t_ms = node.t_ms
    names = {
        "level": 8e5,
        "slope": 5e4,
        "sd": 900.0,
        "p": 0.93,
        "tte": 4,
        "tte10": 3,
        "tte90": 6.2,
    }
    values = {f"{URN}.{name}": (t_ms, value) for name, value in names.items()}
    values |= {URN: (t_ms, 8e5), URN + ".q": (t_ms, 0), URN + ".at": (t_ms, "HH")}
    live.notified("pg-01", values)
    assert only(live)["forecast"] == {
        "t_ms": t_ms, "level": 8e5, "slope": 5e4, "sd": 900.0, "p": 0.93, "tte_s": 4.0,
        "tte10_s": 3.0, "tte90_s": 6.2, "at": "HH",
    }  # fmt: skip
    live.notified("pg-01", {URN: (t_ms + 1, 8e5), URN + ".q": (t_ms + 1, 0)})
    assert only(live)["forecast"] is None


def test_notifications_of_a_name_that_begins_alike_are_not_mixed_up(live, commit, node, make):
    commit(node.block(events=[make.channel(1, "pressure"), make.channel(2, "pressure2")]))
    other = "urn:dev:os:32473-PG-0002:pressure2"
    live.notified("pg-01", {other: (node.t_ms, 2.0), other + ".q": (node.t_ms, 0)})
    values = {one["name"]: one["value"] for one in live.snapshot()["instruments"]}
    assert values == {"pressure": 101_330.0, "pressure2": 2.0}


def test_a_node_that_is_not_heard_is_silent_and_its_forecast_is_gone(live, commit, node, clock):
    commit(node.birth())
    values = {URN: (node.t_ms, 7), URN + ".q": (node.t_ms, 0), URN + ".level": (node.t_ms, 7)}
    live.notified("pg-01", values)
    clock.ms += 3000
    assert not only(live)["silent"]
    clock.ms += 1
    shown = only(live)
    assert (shown["silent"], shown["forecast"], shown["value"]) == (True, None, 7.0)
    live.notified("pg-01", {})
    assert not only(live)["silent"]


def test_a_broken_chain_is_flagged_like_an_alarm(live, commit, node):
    commit(node.birth())
    node.prev = bytes(16)
    commit(node.block())
    (entry,) = live.snapshot()["alarms"]
    assert (entry["key"], entry["state"], entry["priority"]) == ("pg-01/chain", "UNACK", 1)
    assert live.snapshot()["counters"]["broken"] == 1


def test_a_duplicate_counts_as_heard_and_changes_nothing_else(live, commit, node, clock):
    sealed = node.birth()
    commit(sealed)
    clock.ms += 60_000
    before = only(live)
    commit(sealed)
    after = only(live)
    assert (before["silent"], after["silent"]) == (True, False)
    assert after | {"silent": True, "heard_ms": before["heard_ms"]} == before
    counters = live.snapshot()["counters"]
    assert (counters["blocks"], counters["duplicates"]) == (1, 1)


def test_after_a_restart_everything_stands_as_before(live, commit, store, node, clock):
    commit(node.birth())
    commit(node.alarm(codes.HH | codes.PREDICTED))
    commit(node.alarm())
    node.prev = bytes(16)
    commit(node.block())
    again = Live("Test", clock)
    again.restore(store.nodes(), store.channels(), store.alarms(), store.readings())
    before, after = live.snapshot(), again.snapshot()
    assert after["instruments"] == before["instruments"]
    assert after["alarms"] == before["alarms"]
    assert after["counters"]["broken"] == 1


def test_a_time_in_the_future_that_was_stored_does_not_win_after_a_restart(store, clock):
    future, now = clock.ms + 10**10, clock.ms
    for value, t_ms, received_ms in ((1.0, future, now), (2.0, now + 1000, now + 1000)):
        reading = Reading("plain", "boiler", "Cel", t_ms, value)
        store.commit_readings([reading], received_ms).result()
    ((newest, received_ms),) = store.readings()
    assert (newest.value, newest.t_ms, received_ms) == (2.0, now + 1000, now + 1000)


def test_a_plain_value_gives_way_when_the_clock_here_was_set_back(live, clock):
    live.readings([Reading("plain", "boiler", "Cel", clock.ms, 1.0)], clock.ms)
    clock.ms -= 5000
    live.readings([Reading("plain", "boiler", "Cel", clock.ms - 10, 2.0)], clock.ms)
    assert (only(live)["value"], only(live)["t_ms"]) == (2.0, clock.ms - 10)
    live.readings([Reading("plain", "boiler", "Cel", clock.ms - 20, 3.0)], clock.ms)
    assert only(live)["value"] == 2.0


async def test_subscribers_get_changes_in_order(live, commit, node):
    changes = live.subscribe()
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    commit(node.birth())
    live.tick()
    kinds = [(await first)["type"], *[(await anext(changes))["type"] for _ in range(2)]]
    assert kinds == ["instrument", "alarms", "counters"]
    await changes.aclose()


async def test_a_subscriber_that_falls_behind_is_told_to_resync(live, commit, node):
    changes = live.subscribe()
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    commit(node.birth())
    for _ in range(1000):
        live.notified("pg-01", {})
    found = [await first]
    while found[-1]["type"] != "resync":
        found.append(await anext(changes))
    assert len(found) < 300
    live.count("malformed")
    live.tick()
    while (await anext(changes))["type"] != "counters":
        pass
    await changes.aclose()


async def test_closing_ends_every_subscription(live):
    changes = live.subscribe()
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    live.close()
    with pytest.raises(StopAsyncIteration):
        await first
    assert [message async for message in live.subscribe()] == []


async def test_a_flood_of_rubbish_is_told_once_per_tick(live):
    changes = live.subscribe()
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    for _ in range(1000):
        live.count("malformed")
    live.tick()
    live.tick()
    assert (await first)["counters"]["malformed"] == 1000
    live.close()
    assert [message async for message in changes] == []


def test_an_alarm_of_the_node_itself_is_listed_and_is_no_instrument(live, commit, node):
    """Number 0, which no channel has."""
    commit(node.birth())
    event = (0, codes.EV_ALARM, (0, codes.TAMPER, codes.NORM, codes.UNACK, None))
    commit(node.block(values=(), events=[event]))
    found = live.snapshot()
    assert [one["name"] for one in found["instruments"]] == ["pressure"]
    (alarm,) = found["alarms"]
    assert (alarm["tag"], alarm["at"], alarm["priority"]) == ("node.tamper", "tamper", 2)
