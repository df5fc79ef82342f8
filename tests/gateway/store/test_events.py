"""Events arrive in any order; what stands is what the highest event number says."""

import itertools

import pytest

from gateway.store.store import Store
from protocols import codes

HH, PREDICTED_HH = codes.HH, codes.HH | codes.PREDICTED


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path / "gateway.db")
    yield found
    found.close()


@pytest.fixture
def commit(store, verified):
    return lambda *blocks: [store.commit_block(verified(one)).result() for one in blocks]


def alarm(store, condition=HH):
    return next(row for row in store.alarms() if row.condition == condition)


def channel(store):
    return store.channels()[0][0]


STORY = ((codes.NORM, codes.UNACK), (codes.UNACK, codes.ACKED), (codes.ACKED, codes.NORM))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_latest_alarm_state_wins_whatever_the_order(store, commit, node, order):
    blocks = [node.alarm(old=old, new=new) for old, new in STORY]
    for i in order:
        commit(blocks[i])
    assert alarm(store).state == codes.NORM
    assert alarm(store).number == 3


def test_an_alarm_starts_when_it_left_norm(store, commit, node):
    started_ms = node.t_ms
    blocks = [node.alarm(), node.alarm(old=codes.UNACK, new=codes.ACKED)]
    commit(blocks[1])
    assert alarm(store).started_ms > started_ms
    commit(blocks[0])
    assert (alarm(store).started_ms, alarm(store).state) == (started_ms, codes.ACKED)


def test_an_alarm_that_came_back_started_anew(store, commit, node):
    commit(*(node.alarm(old=old, new=new) for old, new in STORY))
    started_ms = node.t_ms
    commit(node.alarm())
    assert (alarm(store).started_ms, alarm(store).state) == (started_ms, codes.UNACK)


def test_a_predictive_alarm_carries_its_forecast_and_stands_beside_the_measured_one(
    store, commit, node
):
    commit(node.alarm(PREDICTED_HH), node.alarm())
    assert alarm(store, PREDICTED_HH).p_permille == 930
    assert alarm(store, PREDICTED_HH).tte_ms == 4100
    assert alarm(store).p_permille is None


def test_a_state_of_later_software_is_shown_as_unacknowledged(store, commit, node):
    commit(node.alarm(new=77))
    assert alarm(store).state == codes.UNACK


def test_a_channel_is_what_it_was_called_last(store, commit, node, make):
    old = node.block(events=[make.channel(name="old")])
    new = node.block(events=[make.channel(name="new")])
    commit(new, old)
    assert channel(store).name == "new"


def test_limits_are_those_of_the_latest_boot(store, commit, node, make):
    commit(node.block(events=[make.channel(), make.limit(), make.limit(condition=codes.H)]))
    assert [one.condition for one in channel(store).limits] == [codes.H, codes.HH]
    node.boot = 2
    commit(node.block(events=[make.channel(), make.limit(value=900_000)]))
    assert [(one.condition, one.value) for one in channel(store).limits] == [(codes.HH, 900_000)]


def test_an_impossible_scale_is_not_taken_over(store, commit, node, make):
    commit(node.block(events=[make.channel(scale=10**9)]))
    assert channel(store).scale is None


def test_events_of_unknown_kind_and_of_wrong_types_are_kept(store, commit, node):
    odd = [(0, 99, ("what",)), (1, codes.EV_ALARM, ("x", None)), (2, codes.EV_CHANNEL, ())]
    commit(node.block(events=odd))
    kept = store.events("pg-01")
    assert [event["code"] for event in kept] == [99, codes.EV_ALARM, codes.EV_CHANNEL]
    assert kept[0]["args"] == ["what"]
    assert store.alarms() == []


def test_two_blocks_that_claim_one_event_number_are_both_kept(store, commit, node):
    first = node.alarm()
    node.events = 0
    commit(first, node.alarm(new=codes.ACKED))
    assert len(store.events("pg-01")) == 2
    assert alarm(store).state == codes.ACKED


def test_events_are_read_from_a_number_on(store, commit, node):
    commit(node.birth(), node.alarm())
    assert [event["number"] for event in store.events("pg-01", after=2)] == [3, 4]
    assert [event["number"] for event in store.events("pg-01", limit=1)] == [1]
