"""Committed samples come back as they were measured, thinned to lowest and highest per bucket."""

import pytest

from gateway.store.series import scaled
from gateway.store.store import Store
from protocols import codes

T0 = 1_000_000


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path / "gateway.db")
    yield found
    found.close()


@pytest.fixture
def fill(store, verified, node):
    def commit(*chunks):
        store.commit_block(verified(node.birth(t_ms=T0 - 10_000, values=()))).result()
        for i, values in enumerate(chunks):
            store.commit_block(verified(node.block(values, t_ms=T0 + 10_000 * i))).result()

    return commit


def test_few_samples_come_as_they_are(store, fill):
    fill([5, 7, None, 6], [9])
    found = store.trend("pg-01/pressure", T0, T0 + 20_000, 100)
    assert found == {
        "t_ms": [T0, T0 + 1000, T0 + 2000, T0 + 3000, T0 + 10_000],
        "min": [5.0, 7.0, None, 6.0, 9.0],
        "max": [5.0, 7.0, None, 6.0, 9.0],
        "quality": [codes.GOOD, codes.GOOD, codes.OPEN_LOOP, codes.GOOD, codes.GOOD],
    }


def test_many_samples_keep_the_extremes_and_the_worst_quality_of_each_bucket(store, fill):
    fill([1, 9, 4, 3, 2, 2, 2, None, None, None], [5, 5, 5, 5, 5, 6, 5, 5, 5, 5])
    found = store.trend("pg-01/pressure", T0, T0 + 20_000, 4)
    assert found["t_ms"] == [T0, T0 + 5000, T0 + 10_000, T0 + 15_000]
    assert found["min"] == [1.0, 2.0, 5.0, 5.0]
    assert found["max"] == [9.0, 2.0, 5.0, 6.0]
    assert found["quality"] == [codes.GOOD, codes.OPEN_LOOP, codes.GOOD, codes.GOOD]


def test_a_bucket_without_any_value_is_shown_as_such(store, fill):
    fill([None] * 10)
    found = store.trend("pg-01/pressure", T0, T0 + 10_000, 2)
    assert found["min"] == [None, None]
    assert found["quality"] == [codes.OPEN_LOOP, codes.OPEN_LOOP]


def test_the_range_may_begin_within_a_block(store, fill):
    fill([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    found = store.trend("pg-01/pressure", T0 + 8000, T0 + 9000, 10)
    assert found["min"] == [9.0]


def test_an_empty_range_is_empty(store, fill):
    fill([1, 2])
    assert store.trend("pg-01/pressure", 1, 2, 10)["t_ms"] == []


def test_an_instrument_never_heard_of_is_a_key_error(store):
    with pytest.raises(KeyError):
        store.trend("pg-09/pressure", 0, 1, 10)


def test_a_channel_is_found_by_its_number_before_it_is_described(store, verified, node):
    store.commit_block(verified(node.block([3], t_ms=T0))).result()
    assert store.trend("pg-01/#1", T0, T0 + 1, 10)["min"] == [3.0]


@pytest.mark.parametrize(
    ("value", "scale", "wanted"), [(1013, -1, 101.3), (7, 2, 700.0), (-5, 0, -5.0), (3, -3, 0.003)]
)
def test_wire_integers_become_the_decimal_number_they_mean(value, scale, wanted):
    assert scaled(value, scale) == wanted
