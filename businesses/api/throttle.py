"""Requests per key and minute, counted in the broker for all processes together.

A process leases requests in advance, so that most of them cost no round trip: the count is exact to one lease per
process. When the broker does not answer the door stays open; what guards the points does not depend on it.
"""

import threading
import time
from functools import cache

import redis
from django.conf import settings
from django.db import connection
from redis.backoff import NoBackoff
from redis.retry import Retry

LEASE = 50
WINDOW_SECONDS = 60


@cache
def _broker() -> redis.Redis:
    # No second try: who waits here is a till.
    once = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(settings.THROTTLE_URL, socket_timeout=0.2, socket_connect_timeout=0.2, retry=once)


class Throttle:
    """Counts by name within a window; `seconds_to_wait` is 0 while the limit is not reached."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._leases: dict[str, tuple[int, int]] = {}

    def seconds_to_wait(self, name: str) -> int:
        now = int(time.time())
        window = now // WINDOW_SECONDS
        with self._lock:
            leased_in, left = self._leases.get(name, (window, 0))
            if leased_in != window or left == 0:
                left = self._lease(name, window)
            if left == 0:
                return WINDOW_SECONDS - now % WINDOW_SECONDS
            self._leases[name] = (window, left - 1)
        return 0

    def _lease(self, name: str, window: int) -> int:
        """How many requests this process may let pass before it asks again."""
        lease = min(LEASE, max(1, self.limit // 10))
        # Installations that share a broker have keys of the same number.
        counter = f"throttle:{connection.settings_dict['NAME']}:{name}:{window}"
        try:
            pipe = _broker().pipeline()
            pipe.incrby(counter, lease)
            pipe.expire(counter, 2 * WINDOW_SECONDS)
            taken = int(pipe.execute()[0])
        except redis.RedisError:
            return lease
        return max(0, min(lease, self.limit - (taken - lease)))
