"""The task queue. A task is only a wake-up: the work itself is a row written with its cause."""

import os
from typing import Any

from celery import Celery
from kombu.transport import redis
from redis.exceptions import ConnectionError


class Channel(redis.Channel):
    """A channel that a worker gave up because its broker had died, while a task of it still runs. Celery 5.7 confirms
    that task on it, or gives it back, and dies of an `AttributeError`; for a broken connection it is prepared. The
    wake-up may be lost: its rows are swept up anyway."""

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection.client is None:
            raise ConnectionError("the broker that sent this task is gone")
        return super()._connparams(asynchronous)


redis.Transport.Channel = Channel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("regulars", task_cls="config.runs:Remembered")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
