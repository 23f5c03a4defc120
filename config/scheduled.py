"""The work that is done by the clock: what there is, when it is due, how it went, and doing it now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from celery import current_app
from celery.schedules import BaseSchedule, crontab, maybe_schedule
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from kombu.exceptions import OperationalError

from businesses.limits import one_after_another
from businesses.models import User
from config.models import TaskRun
from config.runs import HEADER

PATIENCE = timedelta(minutes=1)  # what is due every few seconds is not late as soon as a worker is busy
LOST = timedelta(minutes=10)  # what waited longer is not waited for: the broker may have forgotten it
UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


class Unknown(LookupError):
    """No task of this name is scheduled."""


class WaitsAlready(Exception):
    """It was asked for, and no worker has taken it yet."""


class NoQueue(Exception):
    """The broker does not answer."""


@dataclass(frozen=True)
class Scheduled:
    """A task of the schedule and its newest run, if any (with its state)."""

    name: str
    task: str
    schedule: BaseSchedule
    last: TaskRun | None
    overdue: bool

    @property
    def does(self) -> Any:
        return does(self.name)

    @property
    def when(self) -> str:
        return in_words(self.schedule)

    @property
    def needs_a_look(self) -> bool:
        return self.overdue or bool(self.last and self.last.state in (TaskRun.State.FAILED, TaskRun.State.INTERRUPTED))


def tasks(*, at: datetime) -> list[Scheduled]:
    """All that settings schedule, in their order."""
    newest = TaskRun.objects.order_by("name", "-id").distinct("name").values("pk")
    runs = {run.name: run for run in TaskRun.objects.with_state().select_related("asked_by").filter(pk__in=newest)}
    begun = _begun()
    remembered_since = MigrationRecorder.Migration.objects.filter(app="config").latest("applied").applied
    found = []
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        schedule = maybe_schedule(entry["schedule"])
        late = is_overdue(schedule, begun.get(name, remembered_since), at)
        found.append(Scheduled(name, entry["task"], schedule, runs.get(name), late))
    return found


def ask(*, name: str, by: User, at: datetime) -> TaskRun:
    """Sends a task to the workers now. Raises `Unknown`, `WaitsAlready`, `NoQueue`."""
    entry = settings.CELERY_BEAT_SCHEDULE.get(name)
    if entry is None:
        raise Unknown(name)
    with transaction.atomic():
        one_after_another(f"task:{name}")
        waiting = TaskRun.objects.filter(name=name, started_at=None)
        if waiting.filter(asked_at__gt=at - LOST).exists():
            raise WaitsAlready
        waiting.delete()
        run = TaskRun.objects.create(name=name, task_id=uuid4(), asked_by=by, asked_at=at)
    try:
        current_app.send_task(entry["task"], task_id=str(run.task_id), headers={HEADER: name}, retry=False)
    except OperationalError as error:
        run.delete()
        raise NoQueue from error
    LogEntry.objects.log_actions(by.pk, [run], CHANGE, _("Run now"), single_object=True)
    return run


def does(name: str) -> Any:
    """What a task is for, in a sentence that stands beside its code; its name where it says nothing."""
    current_app.loader.import_default_modules()
    entry = settings.CELERY_BEAT_SCHEDULE.get(name)
    return getattr(current_app.tasks.get(entry["task"]), "does", name) if entry else name


def is_overdue(schedule: BaseSchedule, begun_at: datetime, at: datetime) -> bool:
    """Whether it was due twice since it last began."""
    return at > max(following(schedule, following(schedule, begun_at)), begun_at + PATIENCE)


def following(schedule: BaseSchedule, after: datetime) -> datetime:
    """When it is due next."""
    if isinstance(schedule, crontab):
        begins, wait, _now = schedule.remaining_delta(after)
        return begins + wait
    return after + schedule.run_every


def in_words(schedule: BaseSchedule) -> str:
    """“Every 20 seconds”, “Every hour at 10 past”, “Every day at 03:40 UTC”; else the line of a crontab."""
    if not isinstance(schedule, crontab):
        return _every(int(schedule.run_every.total_seconds()))
    hour, minute, *days = str(schedule._orig_hour), str(schedule._orig_minute), *_days(schedule)
    if minute.isdigit() and days == ["*"] * 3:
        if hour == "*":
            return _("Every hour, at minute %(minute)s") % {"minute": minute}
        if hour.isdigit():
            return _("Every day at %(time)s UTC") % {"time": f"{int(hour):02}:{int(minute):02}"}
    return " ".join([minute, hour, *days])


def _days(schedule: crontab) -> list[str]:
    names = ("_orig_day_of_month", "_orig_month_of_year", "_orig_day_of_week")
    return [str(getattr(schedule, name)) for name in names]


def _every(seconds: int) -> str:
    length, unit = next((length, unit) for length, unit in UNITS if seconds % length == 0)
    number = seconds // length
    if number == 1:
        return {"day": _("Every day"), "hour": _("Every hour"), "minute": _("Every minute")}.get(
            unit, _("Every second")
        )
    words = {
        "day": ngettext("Every %(number)s day", "Every %(number)s days", number),
        "hour": ngettext("Every %(number)s hour", "Every %(number)s hours", number),
        "minute": ngettext("Every %(number)s minute", "Every %(number)s minutes", number),
        "second": ngettext("Every %(number)s second", "Every %(number)s seconds", number),
    }
    return words[unit] % {"number": number}


def _begun() -> dict[str, datetime]:
    """When each task last began: one that waits for a worker says nothing about it."""
    runs = TaskRun.objects.filter(started_at__isnull=False).order_by("name", "-id").distinct("name")
    return dict(runs.values_list("name", "started_at"))
