"""Opening the database: a connection that writes, one that only reads; the schema is migrated.

WAL lets the reader see the last commit while the writer works. synchronous=FULL, because an
answer to a node is a promise: it may then erase its own copy.
"""

import errno
import fcntl
import os
import sqlite3
from pathlib import Path
from typing import BinaryIO

from gateway.errors import StoreError, StoreNewer
from gateway.store import schema

APPLICATION_ID = 0x546F6373  # "Tocs", so that no other program's database is taken for ours
BUSY_MS = 1000
_PLACE = "store.path must be a file that this user may write, in a directory that exists"
_WAL_LIMIT_BYTES = 16 * 2**20


def check(path: Path) -> None:
    """StoreError if there is no place for the database; touches nothing."""
    number = _obstacle(path)
    if number:
        raise StoreError(f"{path} cannot be used: {os.strerror(number)}", _PLACE)


def claim(path: Path) -> BinaryIO:
    """The right to write the database, until the file that this returns is closed."""
    check(path)
    try:
        file = _lock(path).open("wb")
    except OSError as error:
        raise StoreError(f"{path} cannot be used: {error.strerror}", _PLACE) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise StoreError(
            f"{path} is used by another gateway", "choose another store.path"
        ) from None
    return file


def writer(path: Path) -> sqlite3.Connection:
    """The writing connection, schema up to date; StoreError if the file cannot be used."""
    try:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            _prepare(db, path)
        except BaseException:
            db.close()
            raise
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be used: {error}", hint(error)) from None
    return db


def reader(path: Path) -> sqlite3.Connection:
    """A read-only connection to a database that `writer` has opened."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return db


def hint(error: sqlite3.Error) -> str:
    """What to do about an error of SQLite."""
    if isinstance(error, sqlite3.OperationalError):
        return _PLACE
    return "move the damaged file away; nodes send again what they have not seen acknowledged"


def _lock(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _obstacle(path: Path) -> int:
    """The errno that writing at `path` would meet, or 0."""
    directory = path.parent
    try:
        directory.stat()
    except OSError as error:
        return error.errno or errno.EIO
    if not directory.is_dir():
        return errno.ENOTDIR
    if not os.access(directory, os.W_OK | os.X_OK):
        return errno.EACCES
    if path.is_dir():
        return errno.EISDIR
    there = [one for one in (path, _lock(path)) if one.exists()]
    return 0 if all(os.access(one, os.R_OK | os.W_OK) for one in there) else errno.EACCES


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    version = _number(db, "user_version")
    _check_owner(db, path, version)
    scripts = schema.scripts()
    if version > scripts[-1][0]:
        raise StoreNewer(path, version, scripts[-1][0])
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
    for number, script in scripts:
        if number > version:
            _migrate(db, number, script)


def _check_owner(db: sqlite3.Connection, path: Path, version: int) -> None:
    owner = _number(db, "application_id")
    tables = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if owner != APPLICATION_ID and (tables or version):
        raise StoreError(f"{path} belongs to another program", "choose another store.path")


def _migrate(db: sqlite3.Connection, number: int, script: str) -> None:
    """All of one migration or nothing of it."""
    pragmas = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number};"
    try:
        db.executescript(f"BEGIN IMMEDIATE; {script} {pragmas} COMMIT;")
    except sqlite3.Error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _number(db: sqlite3.Connection, pragma: str) -> int:
    return int(db.execute(f"PRAGMA {pragma}").fetchone()[0])
