"""The client for asyncio programs: a bounded queue and one task."""

from __future__ import annotations

import asyncio
import atexit
import time
import weakref
from types import TracebackType
from typing import Any, List, Optional, Type

from ._api import Api, take
from ._delivery import Delivery
from ._http import Connection
from ._options import Drop, Options


class AsyncClient(Api):
    """Sends events from a task of the running loop.

    ``capture`` is an ordinary call that never waits. Use it as ``async with``,
    or ``await shutdown()`` before the loop ends: what is left then is lost,
    and told.
    """

    def __init__(self, key: str, **options: Any) -> None:
        super().__init__(Options(**options))
        self._connection = Connection(
            self._options.url, key, self._options.timeout, self._options.gzip
        )
        self._queue: List[bytes] = []
        self._sending = 0
        self._flush_wanted = False
        self._closing: Optional[float] = None
        self._changed: Optional[asyncio.Condition] = None
        self._task: Optional[asyncio.Task[None]] = None
        atexit.register(_tell_at_exit, weakref.ref(self))

    def _enqueue(self, encoded: bytes) -> bool:
        if self._closing is not None or len(self._queue) + self._sending >= self._options.queue_max:
            self._note(Drop("queue_full", 1))
            return False
        self._queue.append(encoded)
        if self._task is None or self._task.done():
            self._changed = asyncio.Condition()
            self._task = asyncio.get_running_loop().create_task(self._run())
        elif len(self._queue) in (1, self._options.flush_at):
            asyncio.get_running_loop().create_task(self._notify())
        return True

    async def _notify(self) -> None:
        if self._changed is not None:
            async with self._changed:
                self._changed.notify_all()

    async def flush(self, timeout: Optional[float] = 30.0) -> bool:
        """Waits until everything captured so far was answered; ``False`` when time ran out."""
        if self._changed is None:
            return True
        self._flush_wanted = True
        await self._notify()
        try:
            async with self._changed:
                done = self._changed.wait_for(lambda: not self._queue and not self._sending)
                await asyncio.wait_for(done, timeout)
            return True
        except asyncio.TimeoutError:
            return False
        finally:
            self._flush_wanted = False

    async def shutdown(self, timeout: float = 10.0) -> bool:
        """Sends what is queued and ends the task; what cannot go in time is dropped and counted."""
        self._closing = time.monotonic() + timeout
        await self._notify()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=timeout + 1.0)
        return not self._queue and not self._sending

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self.shutdown()

    async def _run(self) -> None:
        delivery = Delivery(self._options, self._note)
        try:
            while await self._gather(delivery):
                await self._deliver(delivery)
        finally:
            self._connection.close()

    async def _gather(self, delivery: Delivery) -> bool:
        await self._wait(lambda: bool(self._queue) or self._closing is not None, None)
        await self._wait(self._is_due, self._options.flush_interval)
        if not self._queue:
            return self._closing is None
        events = take(self._queue, self._options.batch_max)
        self._sending = len(events)
        delivery.add(events)
        return True

    def _is_due(self) -> bool:
        is_wanted = self._flush_wanted or self._closing is not None
        return is_wanted or len(self._queue) >= self._options.flush_at

    async def _deliver(self, delivery: Delivery) -> None:
        while True:
            batch = delivery.next_batch()
            if batch is None:
                break
            # One thread of the loop's pool: the standard library has no asynchronous HTTP.
            answer = await asyncio.to_thread(self._connection.post, batch)
            pause = delivery.answered(answer)
            until = time.monotonic() + pause
            await self._wait(lambda until=until: self._ends_before(until), pause)
            if self._ends_before(until):
                delivery.abandon("the program ended first")
        self._sending = 0
        await self._notify()

    def _ends_before(self, moment: float) -> bool:
        return self._closing is not None and max(moment, time.monotonic()) > self._closing

    async def _wait(self, condition: Any, timeout: Optional[float]) -> None:
        if self._changed is None or timeout == 0.0:
            return
        try:
            async with self._changed:
                await asyncio.wait_for(self._changed.wait_for(condition), timeout)
        except asyncio.TimeoutError:
            return

    def _tell_left(self) -> None:
        left = len(self._queue) + self._sending
        if left:
            self._note(Drop("gave_up", left, "the program ended without shutdown()"))


def _tell_at_exit(reference: weakref.ref[AsyncClient]) -> None:
    client = reference()
    if client is not None:
        client._tell_left()
