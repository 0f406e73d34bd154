"""What follows from an answer: the rules of retrying, without any I/O.

A delivery holds the batches that still have to go, in order. Both clients
drive it: post what ``next_batch`` gives, tell ``answered``, wait as told.
"""

from __future__ import annotations

import random
from collections import deque
from typing import Callable, Deque, List, Optional

from ._http import Answer
from ._options import Drop, Options

RETRIED = (0, 408, 425, 429)


class Delivery:
    """One run of batches on its way."""

    def __init__(self, options: Options, dropped: Callable[[Drop], None]) -> None:
        self._options = options
        self._dropped = dropped
        self._batches: Deque[List[bytes]] = deque()
        self._failures = 0

    def add(self, events: List[bytes]) -> None:
        """Queues events, cut into batches by count and bytes."""
        batch: List[bytes] = []
        size = 0
        for event in events:
            is_full = len(batch) >= self._options.batch_max or size + len(event) > self._options.batch_bytes_max
            if batch and is_full:
                self._batches.append(batch)
                batch, size = [], 0
            batch.append(event)
            size += len(event) + 1
        if batch:
            self._batches.append(batch)

    def next_batch(self) -> Optional[List[bytes]]:
        """The batch to post now, if any is left."""
        return self._batches[0] if self._batches else None

    def answered(self, answer: Answer) -> float:
        """Takes the answer to the last post; returns how many seconds to wait before the next."""
        batch = self._batches[0]
        status = answer.status
        if status in RETRIED or status >= 500:
            return self._retry(batch, answer)
        self._batches.popleft()
        self._failures = 0
        if 200 <= status < 300:
            rejected = answer.body.get("rejected")
            if isinstance(rejected, list) and rejected:
                self._dropped(Drop("rejected", len(rejected), _first_detail(rejected)))
        elif status == 413 and len(batch) > 1:
            middle = len(batch) // 2
            self._batches.extendleft((batch[middle:], batch[:middle]))
        elif status == 413:
            self._dropped(Drop("too_large", 1, answer.detail))
        elif status in (401, 403):
            self._dropped(Drop("unauthorized", len(batch), answer.detail))
        else:
            self._dropped(Drop("rejected", len(batch), answer.detail or f"status {status}"))
        return 0.0

    def abandon(self, detail: str) -> None:
        """Drops everything that is left."""
        count = sum(len(batch) for batch in self._batches)
        self._batches.clear()
        if count:
            self._dropped(Drop("gave_up", count, detail))

    def _retry(self, batch: List[bytes], answer: Answer) -> float:
        self._failures += 1
        if self._failures > self._options.retries_max:
            self._batches.popleft()
            self._failures = 0
            self._dropped(Drop("gave_up", len(batch), answer.detail or f"status {answer.status}"))
            return 0.0
        pause: float = min(self._options.backoff_max, self._options.backoff * 2 ** (self._failures - 1))
        # Jitter, so that clients that failed together do not return together.
        return max(answer.retry_after, pause * random.uniform(0.5, 1.0))


def _first_detail(rejected: List[object]) -> str:
    first = rejected[0]
    return str(first.get("detail", "")) if isinstance(first, dict) else ""
