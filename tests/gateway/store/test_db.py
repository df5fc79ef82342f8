"""The writer: shared transactions; a job's fault is its own; a failing database stores nothing."""

import os
import sqlite3
import subprocess
import threading

import pytest

from gateway.errors import StoreDown
from gateway.store import db, open
from gateway.store.store import Store


@pytest.fixture
def writer(tmp_path):
    found = db.Writer(open.writer(tmp_path / "a.db"))
    found.submit(lambda base: base.execute("CREATE TABLE t (x UNIQUE)")).result()
    yield found
    found.close()


def insert(value):
    return lambda base: base.execute("INSERT INTO t VALUES (?)", (value,)).rowcount


def count(writer):
    return writer.submit(
        lambda base: base.execute("SELECT count(*) FROM t").fetchone()[0]
    ).result()


def hold(writer):
    """Keep the writer busy, so that what follows waits together; the event lets it go on."""
    go, busy = threading.Event(), threading.Event()

    def wait(_base):
        busy.set()
        go.wait(10)

    writer.submit(wait)
    busy.wait(10)
    return go


def batches(writer):
    query = "SELECT count(*) FROM batch"
    return writer.submit(lambda base: base.execute(query).fetchone()[0]).result()


def test_jobs_that_wait_share_one_transaction(writer):
    before = batches(writer)
    go = hold(writer)
    futures = [writer.submit(insert(n)) for n in range(100)]
    go.set()
    assert [future.result() for future in futures] == [1] * 100
    assert batches(writer) - before <= 4  # the holder's, one or two for all, this question's


def test_a_result_is_there_only_after_the_commit(writer, tmp_path):
    other = sqlite3.connect(tmp_path / "a.db")
    for n in range(20):
        writer.submit(insert(n)).result()
        assert other.execute("SELECT max(x) FROM t").fetchone() == (n,)
    other.close()


def test_a_job_that_fails_takes_nobody_with_it(writer):
    go = hold(writer)
    good = [writer.submit(insert(n)) for n in range(5)]
    twice = writer.submit(lambda base: (insert(90)(base), insert(90)(base)))
    huge = writer.submit(insert(2**70))
    last = writer.submit(insert(91))
    go.set()
    with pytest.raises(sqlite3.IntegrityError):
        twice.result()
    with pytest.raises(OverflowError):
        huge.result()
    assert [future.result() for future in good] == [1] * 5
    assert last.result() == 1
    assert count(writer) == 6


def test_a_full_database_refuses_and_keeps_what_it_acknowledged(writer):
    writer.submit(insert("before")).result()
    pages = writer.submit(lambda base: base.execute("PRAGMA page_count").fetchone()[0]).result()
    writer.submit(lambda base: base.execute(f"PRAGMA max_page_count = {pages}")).result()
    with pytest.raises(StoreDown, match="full"):
        writer.submit(insert(bytes(100_000))).result()
    assert count(writer) == 1
    writer.submit(lambda base: base.execute("PRAGMA max_page_count = 100000")).result()
    assert writer.submit(insert(bytes(100_000))).result() == 1


def test_a_locked_database_refuses_everyone_who_waits_and_then_goes_on(writer, tmp_path):
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    futures = [writer.submit(insert(n)) for n in range(50)]
    for future in futures:
        with pytest.raises(StoreDown, match="locked"):
            future.result(timeout=10)
    other.execute("ROLLBACK")
    other.close()
    assert writer.submit(insert(1)).result() == 1


def test_a_cancelled_job_is_not_done(writer):
    go = hold(writer)
    unwanted = writer.submit(insert(1))
    assert unwanted.cancel()
    go.set()
    assert count(writer) == 0


def test_closing_finishes_what_was_submitted(tmp_path):
    writer = db.Writer(open.writer(tmp_path / "b.db"))
    go = hold(writer)
    future = writer.submit(lambda base: base.execute("SELECT 7").fetchone()[0])
    go.set()
    writer.close()
    assert future.result() == 7
    with pytest.raises(StoreDown, match="closed"):
        writer.submit(lambda base: None).result()


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 1 MiB; needs the right to mount."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount a file system here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_on_a_full_disk_every_acknowledged_block_is_kept(small_disk, make_node, verified):
    store = Store(small_disk / "gateway.db")
    node = make_node()
    acknowledged = 0
    with pytest.raises(StoreDown, match=r"full|I/O"):
        for _ in range(10_000):
            store.commit_block(verified(node.block(range(0, 30000, 37)))).result()
            acknowledged += 1
    store.close()
    assert acknowledged > 10
    with sqlite3.connect(small_disk / "gateway.db") as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert base.execute("SELECT count(*) FROM block").fetchone() == (acknowledged,)
    base.close()


def test_a_database_that_is_damaged_below_us_refuses(tmp_path, verified, node):
    path = tmp_path / "gateway.db"
    store = Store(path)
    store.commit_block(verified(node.birth())).result()
    store.close()
    image = bytearray(path.read_bytes())
    image[4096:] = bytes(len(image) - 4096)
    path.write_bytes(image)
    store = Store(path)
    with pytest.raises(StoreDown, match="malformed") as caught:
        store.commit_block(verified(node.block())).result()
    assert "move the damaged file away" in caught.value.hint
    with pytest.raises(StoreDown, match="malformed"):
        store.nodes()
    store.close()
