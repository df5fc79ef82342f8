"""The one writer: a thread that runs jobs in shared transactions and answers after COMMIT.

A job is a function of the connection. Jobs that wait while a transaction is being written share
the next one, so that one fsync serves many and a lone alarm waits for nobody. A job that fails is
undone by itself; if SQLite fails, the whole transaction is undone and every job in it hears so.
"""

import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

from gateway.errors import StoreDown
from gateway.store import open

T = TypeVar("T")

MAX_JOBS = 256  # per transaction
MAX_S = 0.010  # how long a transaction may gather
MAX_WAITING = 4096  # more than that and the store is behind: peers keep what they have

_Work = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]

# What SQLite raises for a mistake of one job; the rest says that the database itself fails.
_OWN_FAULT = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.NotSupportedError,
    sqlite3.ProgrammingError,
)


class Writer:
    """Owner of the writing connection; `submit` from any thread, `close` waits for what waits."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._queue: queue.Queue[_Work | None] = queue.Queue(MAX_WAITING)
        self._open = True
        self._committed_ms: int | None = None
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Result of `job` once it is on disk; StoreDown if it is not going to be."""
        future: Future[T] = Future()
        try:
            if not self._thread.is_alive():
                raise queue.Full
            self._queue.put_nowait((job, future))
        except queue.Full:
            future.set_exception(StoreDown("the store is behind or closed"))
        return future

    def close(self) -> None:
        """Finish what was submitted, then close the database."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
            self._db.close()

    def _run(self) -> None:
        while self._open:
            work = self._queue.get()
            if work is None:
                self._open = False
            else:
                self._transact(self._gather(work))
        self._note_commit_time()

    def _gather(self, first: _Work) -> Iterator[_Work]:
        """`first` and what waits behind it, until one transaction is full."""
        deadline = time.monotonic() + MAX_S
        work: _Work | None = first
        for _ in range(MAX_JOBS):
            if work is None:
                self._open = False
                return
            if work[1].set_running_or_notify_cancel():  # nobody can cancel it from here on
                yield work
            if time.monotonic() > deadline:
                return
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                return

    def _transact(self, works: Iterator[_Work]) -> None:
        taken: list[Future[Any]] = []
        outcomes: list[tuple[Any, BaseException | None]] = []
        try:
            self._begin()
            for job, future in works:
                taken.append(future)
                outcomes.append(self._one(job))
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._fail(error, taken + [future for _, future in works])
            return
        self._committed_ms = time.time_ns() // 1_000_000
        for future, (result, fault) in zip(taken, outcomes, strict=True):
            if fault is None:
                future.set_result(result)
            else:
                future.set_exception(fault)

    def _begin(self) -> None:
        """Open a transaction: a row for itself, the time of the one before."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(
            "UPDATE batch SET committed_ms = ?1 WHERE id = (SELECT max(id) FROM batch)"
            " AND ?1 IS NOT NULL",
            (self._committed_ms,),
        )
        self._db.execute("INSERT INTO batch DEFAULT VALUES")

    def _one(self, job: Callable[[sqlite3.Connection], Any]) -> tuple[Any, BaseException | None]:
        """(result, None) of a job, or (None, its fault) with all that it did undone."""
        self._db.execute("SAVEPOINT job")
        try:
            result, fault = job(self._db), None
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, _OWN_FAULT):
                raise
            self._db.execute("ROLLBACK TO job")
            result, fault = None, error
        self._db.execute("RELEASE job")
        return result, fault

    def _fail(self, error: sqlite3.Error, futures: list["Future[Any]"]) -> None:
        """Undo the transaction and tell everyone who waits, or each would wait his turn."""
        with contextlib.suppress(sqlite3.Error):  # it rolls back by itself when it cannot go on
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        for future in futures:
            future.set_exception(
                StoreDown(f"the store cannot be written: {error}", open.hint(error))
            )

    def _note_commit_time(self) -> None:
        with contextlib.suppress(sqlite3.Error):  # statistics of a block that is safe
            self._db.execute(
                "UPDATE batch SET committed_ms = ? WHERE id = (SELECT max(id) FROM batch)"
                " AND committed_ms IS NULL",
                (self._committed_ms,),
            )
