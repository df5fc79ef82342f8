"""Opening: old databases are brought up to date, foreign and newer ones are refused untouched."""

import sqlite3
from pathlib import Path

import pytest

from gateway.errors import StoreError, StoreNewer
from gateway.store import open, schema
from gateway.store.store import Store

SAVED = sorted((Path(__file__).parent / "saved").glob("*.sql"))


def restore(dump, path):
    """The saved database, as its version left it."""
    base = sqlite3.connect(path)
    base.executescript(dump.read_text(encoding="utf-8"))
    base.execute(f"PRAGMA application_id = {open.APPLICATION_ID}")
    base.execute(f"PRAGMA user_version = {int(dump.stem)}")
    base.close()


def test_migrations_are_numbered_without_a_hole():
    assert [number for number, _ in schema.scripts()] == list(range(1, len(schema.scripts()) + 1))


def test_there_is_a_saved_database_of_every_version():
    assert [int(dump.stem) for dump in SAVED] == [number for number, _ in schema.scripts()]


@pytest.mark.parametrize("dump", SAVED, ids=lambda dump: dump.stem)
def test_a_database_of_an_old_version_opens_with_everything_in_it(dump, tmp_path):
    path = tmp_path / "old.db"
    restore(dump, path)
    store = Store(path)
    assert store.contiguous("pg-01") == (2, [(4, 4)])
    assert [row.name for row, _ in store.channels()] == ["pressure"]
    assert [event["number"] for event in store.events("pg-01")] == [1, 2, 3, 4]
    assert len(store.trend("pg-01/pressure", 0, 2**52, 100)["t_ms"]) == 6
    store.close()
    base = sqlite3.connect(path)
    assert base.execute("PRAGMA user_version").fetchone() == (schema.scripts()[-1][0],)
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert base.execute("PRAGMA foreign_key_check").fetchall() == []
    base.close()


def test_a_database_of_a_later_version_is_refused_untouched(tmp_path):
    path = tmp_path / "new.db"
    Store(path).close()
    base = sqlite3.connect(path)
    base.execute("PRAGMA user_version = 99")
    base.close()
    before = path.read_bytes()
    with pytest.raises(StoreNewer, match="has schema 99; this version knows schemas up to 1"):
        Store(path)
    assert path.read_bytes() == before


def test_the_database_of_another_program_is_refused_untouched(tmp_path):
    path = tmp_path / "photos.db"
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE photo (x)")
    base.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="belongs to another program"):
        Store(path)
    assert path.read_bytes() == before


def test_a_damaged_file_is_refused_with_a_way_out(tmp_path):
    path = tmp_path / "bad.db"
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(StoreError, match="not a database") as caught:
        Store(path)
    assert "move the damaged file away" in caught.value.hint


def test_a_directory_that_is_missing_is_said(tmp_path):
    with pytest.raises(StoreError, match="No such file") as caught:
        Store(tmp_path / "nowhere" / "gateway.db")
    assert "directory" in caught.value.hint


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    path = tmp_path / "a.db"
    Store(path).close()
    broken = [*schema.scripts(), (2, "CREATE TABLE half (x); CREATE TABLE half (x);")]
    monkeypatch.setattr(schema, "scripts", lambda: broken)
    with pytest.raises(StoreError, match="already exists"):
        Store(path)
    base = sqlite3.connect(path)
    assert base.execute("PRAGMA user_version").fetchone() == (1,)
    assert base.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").fetchone() == (
        0,
    )
    base.close()


def test_one_database_serves_one_gateway(tmp_path):
    store = Store(tmp_path / "a.db")
    with pytest.raises(StoreError, match="is used by another gateway"):
        Store(tmp_path / "a.db")
    store.close()
    Store(tmp_path / "a.db").close()
