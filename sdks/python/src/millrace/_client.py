"""The client for ordinary programs: a bounded queue and one background thread."""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from types import TracebackType
from typing import Any, List, Optional, Type

from ._api import Api, take
from ._delivery import Delivery
from ._http import Connection
from ._options import Drop, Options


class Client(Api):
    """Sends events from a thread of its own.

    ``capture`` costs microseconds and never waits for the network. What is
    queued goes out at the end of the program, and a forked child starts with
    an empty queue of its own (the parent still sends what it had).
    """

    def __init__(self, key: str, **options: Any) -> None:
        super().__init__(Options(**options))
        # A wrong address is told at once.
        Connection(self._options.url, key, self._options.timeout, self._options.gzip)
        self._key = key
        self._reset()
        _clients.add(self)
        atexit.register(_shutdown_at_exit, weakref.ref(self))

    def _reset(self) -> None:
        # New locks: in a forked child nobody would release the old ones.
        self._wake = threading.Condition()
        self._counting = threading.Lock()
        self._queue: List[bytes] = []
        self._sending = 0
        self._flush_wanted = False
        self._closing: Optional[float] = None
        self._thread: Optional[threading.Thread] = None

    def _enqueue(self, encoded: bytes) -> bool:
        with self._wake:
            if self._closing is not None or len(self._queue) + self._sending >= self._options.queue_max:
                is_full = True
            else:
                is_full = False
                self._queue.append(encoded)
                self._start()
                if len(self._queue) == 1 or len(self._queue) >= self._options.flush_at:
                    self._wake.notify_all()
        if is_full:
            self._note(Drop("queue_full", 1))
        return not is_full

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="millrace", daemon=True)
            self._thread.start()

    def flush(self, timeout: Optional[float] = 30.0) -> bool:
        """Waits until everything captured so far was answered; ``False`` when time ran out."""
        with self._wake:
            self._flush_wanted = True
            self._wake.notify_all()
            is_done = self._wake.wait_for(lambda: not self._queue and not self._sending, timeout)
            self._flush_wanted = False
        return is_done

    def shutdown(self, timeout: float = 10.0) -> bool:
        """Sends what is queued and ends the thread; what cannot go in time is dropped and counted."""
        with self._wake:
            self._closing = time.monotonic() + timeout
            thread = self._thread
            self._wake.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout + 1.0)
        _clients.discard(self)
        return not self._queue and not self._sending

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.shutdown()

    def _run(self) -> None:
        connection = Connection(self._options.url, self._key, self._options.timeout, self._options.gzip)
        delivery = Delivery(self._options, self._note)
        try:
            while self._gather(delivery):
                self._deliver(connection, delivery)
        finally:
            connection.close()

    def _gather(self, delivery: Delivery) -> bool:
        """Waits for a batch's worth of events, or for the time an event may wait; ``False`` at the end."""
        with self._wake:
            self._wake.wait_for(lambda: self._queue or self._closing is not None)
            self._wake.wait_for(self._is_due, self._options.flush_interval)
            if not self._queue:
                return self._closing is None
            events = take(self._queue, self._options.batch_max)
            self._sending = len(events)
        delivery.add(events)
        return True

    def _is_due(self) -> bool:
        is_wanted = self._flush_wanted or self._closing is not None
        return is_wanted or len(self._queue) >= self._options.flush_at

    def _deliver(self, connection: Connection, delivery: Delivery) -> None:
        while True:
            batch = delivery.next_batch()
            if batch is None:
                break
            pause = delivery.answered(connection.post(batch))
            if not self._rest(pause):
                delivery.abandon("the program ended first")
        with self._wake:
            self._sending = 0
            self._wake.notify_all()

    def _rest(self, pause: float) -> bool:
        """Waits before a retry; ``False`` when the deadline of the shutdown comes first."""
        until = time.monotonic() + pause
        with self._wake:
            while True:
                now = time.monotonic()
                if self._closing is not None and max(until, now) > self._closing:
                    return False
                if now >= until:
                    return True
                self._wake.wait(until - now)


_clients: weakref.WeakSet[Client] = weakref.WeakSet()


def _shutdown_at_exit(reference: weakref.ref[Client]) -> None:
    client = reference()
    if client is not None and client in _clients:
        client.shutdown(timeout=5.0)


def _after_fork() -> None:
    for client in list(_clients):
        client._reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
