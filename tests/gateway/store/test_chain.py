"""The chain: every block is held against its neighbours, whatever the order of arrival."""

import random

import pytest

from gateway.errors import Conflict
from gateway.store.store import Store
from protocols import codes


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path / "gateway.db")
    yield found
    found.close()


def commit(store, verified, *blocks):
    return [store.commit_block(verified(sealed)).result() for sealed in blocks][-1]


def chain(store):
    query = "SELECT seq, chain FROM delivery ORDER BY seq"
    return dict(store.writer.submit(lambda base: base.execute(query).fetchall()).result())


def test_in_order_every_block_is_linked(store, verified, node):
    receipt = commit(store, verified, *(node.block() for _ in range(5)))
    assert (receipt.contiguous, receipt.ranges) == (5, [])
    assert set(chain(store).values()) == {"linked"}


def test_a_block_above_a_hole_is_pending_until_the_hole_is_filled(store, verified, node):
    blocks = [node.block() for _ in range(3)]
    commit(store, verified, blocks[0], blocks[2])
    assert chain(store) == {1: "linked", 3: "pending"}
    commit(store, verified, blocks[1])
    assert chain(store) == {1: "linked", 2: "linked", 3: "linked"}


def test_a_block_that_names_another_predecessor_is_kept_as_broken(store, verified, node):
    first = node.block()
    node.prev = bytes(16)
    receipt = commit(store, verified, first, node.block())
    assert receipt.contiguous == 2
    assert receipt.heard.broken == 1
    assert chain(store) == {1: "linked", 2: "broken"}


def test_a_late_block_that_does_not_fit_shows_the_next_one_broken(store, verified, node):
    first, _, third = node.block(), node.block(), node.block()
    node.seq, node.prev = 1, bytes(16)
    other_second = node.block()
    receipt = commit(store, verified, first, third, other_second)
    assert chain(store) == {1: "linked", 2: "broken", 3: "broken"}
    assert receipt.heard.broken == 2


def test_a_first_block_that_names_a_predecessor_is_broken(store, verified, node):
    node.prev = b"x" * 16
    commit(store, verified, node.block())
    assert chain(store) == {1: "broken"}


def test_a_duplicate_is_stored_once(store, verified, node):
    sealed = node.birth()
    commit(store, verified, sealed)
    receipt = commit(store, verified, sealed)
    assert receipt.duplicate
    assert receipt.contiguous == 1
    assert len(store.events("pg-01")) == 3


def test_other_bytes_for_a_stored_block_are_a_conflict(store, verified, node):
    commit(store, verified, node.block())
    node.seq = 0
    with pytest.raises(Conflict, match="block 1 of pg-01"):
        commit(store, verified, node.block(values=(1, 2)))
    assert store.contiguous("pg-01") == (1, [])


def test_nodes_do_not_mix(store, verified, make_node):
    one, two = make_node("pg-01"), make_node("pg-02")
    commit(store, verified, one.block(), one.block(), two.block())
    assert store.contiguous("pg-01") == (2, [])
    assert store.contiguous("pg-02") == (1, [])
    assert store.contiguous("pg-03") == (0, [])


@pytest.mark.parametrize("seed", range(5))
def test_any_order_with_duplicates_ends_the_same(store, verified, node, seed):
    chance = random.Random(seed)
    blocks = [node.birth(), *(node.alarm() if n % 7 == 3 else node.block() for n in range(60))]
    arrivals = blocks + chance.choices(blocks, k=30)
    chance.shuffle(arrivals)
    seen = set()
    for sealed in arrivals:
        receipt = commit(store, verified, sealed)
        seen.add(receipt.seq)
        runs = [(1, receipt.contiguous)] if receipt.contiguous else []
        covered = {seq for a, b in runs + list(receipt.ranges) for seq in range(a, b + 1)}
        assert covered == seen if len(receipt.ranges) < 32 else covered <= seen
    assert (receipt.contiguous, receipt.ranges) == (61, [])
    assert set(chain(store).values()) == {"linked"}


def test_an_answer_lists_the_lowest_holes_only(store, verified, node):
    blocks = [node.block() for _ in range(100)]
    receipt = commit(store, verified, *blocks[1::2])
    assert receipt.contiguous == 0
    assert receipt.ranges == [(n, n) for n in range(2, 66, 2)]


def test_each_block_keeps_when_it_came_and_when_it_was_safe(tmp_path, verified, node):
    store = Store(tmp_path / "times.db")
    commit(store, verified, node.block(), node.block())
    store.close()
    store = Store(tmp_path / "times.db")
    query = "SELECT received_ms, committed_ms FROM delivery"
    rows = store.writer.submit(lambda base: base.execute(query).fetchall()).result()
    store.close()
    assert len(rows) == 2
    assert all(committed >= received > 0 for received, committed in rows)


def test_what_the_ring_of_a_node_has_overwritten_is_not_waited_for(store, verified, node):
    blocks = [node.block() for _ in range(20)]
    receipt = commit(store, verified, blocks[0], blocks[9], *blocks[14:])
    assert (receipt.contiguous, receipt.ranges) == (1, [(10, 10), (15, 20)])
    overwrite = (0, codes.EV_OVERWRITE, (5, 12))
    receipt = commit(store, verified, node.block(events=[overwrite]))
    assert (receipt.contiguous, receipt.ranges) == (12, [(15, 21)])
    receipt = commit(store, verified, blocks[12], blocks[13])
    assert (receipt.contiguous, receipt.ranges) == (21, [])


@pytest.mark.parametrize("span", [(1, 10**9), (1, 0), (None, None), ("a", "b"), (0, -4)])
def test_a_node_cannot_have_overwritten_what_comes_later(store, verified, node, span):
    node.seq = 4
    receipt = commit(store, verified, node.block(events=[(0, codes.EV_OVERWRITE, span)]))
    assert (receipt.contiguous, receipt.ranges) == (0, [(5, 5)])


def test_what_a_node_found_damaged_is_not_waited_for(store, verified, node):
    blocks = [node.block() for _ in range(8)]
    receipt = commit(store, verified, *blocks[:3], *blocks[6:])
    assert (receipt.contiguous, receipt.ranges) == (3, [(7, 8)])
    gap = (0, codes.EV_GAP, (codes.GAP_CORRUPT, 0, 0, 4, 6))
    receipt = commit(store, verified, node.block(events=[gap]))
    assert (receipt.contiguous, receipt.ranges) == (9, [])


def test_a_gap_between_two_blocks_takes_none_of_them(store, verified, node):
    blocks = [node.block() for _ in range(3)]
    gap = (0, codes.EV_GAP, (codes.GAP_OPEN_BLOCK, 0, 0, 0, 0))
    receipt = commit(store, verified, blocks[0], node.block(events=[gap]))
    assert (receipt.contiguous, receipt.ranges) == (1, [(4, 4)])
