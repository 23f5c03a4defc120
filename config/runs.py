"""The memory of scheduled work: when each task began and ended, and how.

Only what the schedule or an operator sent is remembered. The same task may be woken a thousand times an hour by what
people do, and nobody would read that.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from celery import Task
from django.db import connection
from django.db.models import Q
from django.utils import timezone

HEADER = "periodic_task_name"  # which beat sends along, and whoever presses “Run now”
KEPT = 200  # runs of each task that ended well, and as many that did not
LONGEST_ERROR = 500


class Remembered(Task):
    """The class of all our tasks: remembers the runs that the schedule asked for."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        name = self.request.get(HEADER)
        if not name:
            return super().__call__(*args, **kwargs)
        with remembered(name=name, task_id=self.request.id, clock=timezone.now):
            return super().__call__(*args, **kwargs)


@contextmanager
def remembered(*, name: str, task_id: str, clock: Callable[[], datetime]) -> Iterator[None]:
    """Keeps the run that goes on within, and what it died of. A worker that is killed leaves it without an end, and
    without the database connection by which it was seen to be alive."""
    from config.models import TaskRun  # the class above is known to Celery before Django knows its models

    run = TaskRun.objects.filter(task_id=task_id, started_at=None).first() or TaskRun(name=name, task_id=task_id)
    run.started_at = clock()
    run.backend_pid, run.backend_start = _backend()
    run.save()
    try:
        yield
    except BaseException as error:  # a worker that is told to stop says so by SystemExit
        run.error = f"{type(error).__name__}: {error}".replace("\0", "")[:LONGEST_ERROR]
        raise
    finally:
        run.finished_at = clock()
        run.save(update_fields=["finished_at", "error"])
        _forget(name)


def _backend() -> tuple[int, datetime]:
    """The process of the database that serves this worker: it ends when the worker does, however that ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        pid, start = cursor.fetchone()
    return pid, start


def _forget(name: str) -> None:
    from config.models import TaskRun

    well = Q(finished_at__isnull=False, error="")
    for alike in (TaskRun.objects.filter(well, name=name), TaskRun.objects.filter(~well, name=name)):
        last_kept = alike.order_by("-id").values_list("id", flat=True)[KEPT - 1 : KEPT].first()
        if last_kept:
            alike.filter(id__lt=last_kept).delete()
