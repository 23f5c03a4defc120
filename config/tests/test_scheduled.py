"""Scheduled tasks: that every run is remembered, how it ended, and that a worker's death does not pass for work."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from celery import current_app
from celery.schedules import crontab, schedule
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError

from businesses import shown
from businesses.models import User
from businesses.tests.conftest import signed_in
from config import runs, scheduled
from config.models import TaskRun
from loyalty import tasks as ledger_tasks
from loyalty.models import Wallet
from loyalty.tests.conftest import buy

pytestmark = pytest.mark.django_db

TASKS = "/admin/config/taskrun/tasks/"
NOW = datetime(2026, 3, 3, 12, 30, tzinfo=UTC)


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("operator@nar.test", "correct horse battery")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would go to the broker."""
    calls: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda *args, **options: calls.append((args, options)))
    return calls


def ran(name: str = "expire-points", *, at: datetime, **fields: Any) -> TaskRun:
    values = {"started_at": at, "finished_at": at, "task_id": uuid4()} | fields
    return TaskRun.objects.create(name=name, **values)


def state(run: TaskRun) -> str:
    return TaskRun.objects.with_state().get(pk=run.pk).state


def task(name: str, at: datetime) -> scheduled.Scheduled:
    return next(each for each in scheduled.tasks(at=at) if each.name == name)


# --- What is remembered -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(settings.CELERY_BEAT_SCHEDULE))
def test_every_scheduled_task_says_what_it_does(name: str) -> None:
    assert str(scheduled.does(name)) != name
    assert scheduled.in_words(task(name, NOW).schedule).startswith("Every ")


def test_a_run_is_remembered_with_its_end() -> None:
    moments = iter([NOW, NOW + timedelta(seconds=2)])
    with runs.remembered(name="expire-points", task_id=str(uuid4()), clock=lambda: next(moments)):
        assert task("expire-points", NOW).last.state == "running"
    run = TaskRun.objects.with_state().get()
    assert (run.state, run.error, run.finished_at - run.started_at) == ("done", "", timedelta(seconds=2))


def test_a_run_that_fails_says_what_it_failed_of() -> None:
    with pytest.raises(ZeroDivisionError), runs.remembered(name="x", task_id=str(uuid4()), clock=timezone.now):
        raise ZeroDivisionError("by\0zero")
    run = TaskRun.objects.with_state().get()
    assert (run.state, run.error) == ("failed", "ZeroDivisionError: byzero")


def test_books_that_disagree_are_a_failed_run(shop: Any) -> None:
    buy(shop, 10)
    Wallet.objects.update(balance=11)
    with pytest.raises(ledger_tasks.BooksDisagree, match="balance_is_its_entries: 1"):
        ledger_tasks.audit_ledger()


def test_only_what_was_scheduled_or_asked_for_is_remembered() -> None:
    """A purchase wakes the sender of messages too."""
    current_app.tasks["customers.tasks.send_messages"]()
    assert not TaskRun.objects.exists()


def test_as_many_good_runs_are_kept_as_bad_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "KEPT", 2)
    for n in range(4):
        ran("x", at=NOW, error="" if n % 2 else "Bad")
    other = ran("y", at=NOW)
    for _again in range(2):
        with runs.remembered(name="x", task_id=str(uuid4()), clock=timezone.now):
            pass
    assert TaskRun.objects.filter(name="x", error="").count() == 2
    assert TaskRun.objects.filter(name="x", error="Bad").count() == 2
    assert state(other) == "done"


def test_a_run_was_begun_or_asked_for() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TaskRun.objects.create(name="x", task_id=uuid4())


# --- When it is due ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (schedule(20), "Every 20 seconds"),
        (schedule(3600), "Every hour"),
        (schedule(120), "Every 2 minutes"),
        (crontab(minute=10), "Every hour, at minute 10"),
        (crontab(hour=3, minute=5), "Every day at 03:05 UTC"),
        (crontab(minute="*/5", day_of_week="mon"), "*/5 * * * mon"),
        (crontab(hour=3, minute=5, day_of_month=1), "5 3 1 * *"),
    ],
)
def test_a_schedule_is_told_in_words(when: Any, words: str) -> None:
    assert scheduled.in_words(when) == words


@pytest.mark.parametrize(
    ("when", "begun", "late"),
    [
        (crontab(minute=10), NOW - timedelta(minutes=20), NOW + timedelta(minutes=101)),
        (crontab(hour=3, minute=40), NOW - timedelta(hours=8, minutes=50), NOW + timedelta(hours=39, minutes=11)),
        (schedule(600), NOW, NOW + timedelta(minutes=21)),
        (schedule(20), NOW, NOW + timedelta(seconds=61)),
    ],
)
def test_a_task_is_late_when_it_was_due_twice(when: Any, begun: datetime, late: datetime) -> None:
    assert scheduled.is_overdue(when, begun, late)
    assert not scheduled.is_overdue(when, begun, late - timedelta(minutes=2))


def test_what_never_ran_is_late_from_the_day_on_that_runs_are_remembered() -> None:
    now = timezone.now()
    assert not task("expire-points", now).overdue
    assert task("expire-points", now + timedelta(hours=3)).overdue
    ran(at=now + timedelta(hours=3))
    assert not task("expire-points", now + timedelta(hours=3)).overdue


# --- Running it now ---------------------------------------------------------------------------------------


def test_run_now_sends_the_task_and_says_who_asked(root: User, sent: list[Any]) -> None:
    operator = signed_in(root)
    assert operator.post(f"{TASKS}audit-ledger/run/").status_code == 302
    run = TaskRun.objects.get()
    (args, options), *more = sent
    assert not more
    assert args == ("loyalty.tasks.audit_ledger",)
    assert options["headers"] == {"periodic_task_name": "audit-ledger"}
    assert options["task_id"] == str(run.task_id)
    assert (state(run), run.asked_by) == ("waiting", root)
    assert LogEntry.objects.get().user == root
    assert "Waiting for a worker" in operator.get(TASKS).text


def test_a_second_press_sends_nothing_until_the_first_counts_as_lost(root: User, sent: list[Any]) -> None:
    scheduled.ask(name="audit-ledger", by=root, at=NOW)
    with pytest.raises(scheduled.WaitsAlready):
        scheduled.ask(name="audit-ledger", by=root, at=NOW + timedelta(minutes=9))
    scheduled.ask(name="audit-ledger", by=root, at=NOW + timedelta(minutes=11))
    assert len(sent) == 2
    assert TaskRun.objects.count() == 1


def test_a_broker_that_is_away_leaves_nothing_waiting(root: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **options: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(current_app, "send_task", away)
    answer = signed_in(root).post(f"{TASKS}audit-ledger/run/", follow=True)
    assert "The queue of tasks does not answer" in answer.text
    assert not TaskRun.objects.exists()


def test_nobody_but_a_superadmin_sees_or_runs_tasks(shop: Any, sent: list[Any]) -> None:
    helper = User.objects.create_user("helper@nar.test", "correct horse battery", is_staff=True)
    for who, status in ((Client(), 302), (signed_in(shop.owner), 302), (signed_in(helper), 403)):
        assert who.get(TASKS).status_code == status
        assert who.post(f"{TASKS}audit-ledger/run/").status_code == status
    assert sent == []


def test_a_task_that_nobody_scheduled_is_not_run(root: User, sent: list[Any]) -> None:
    operator = signed_in(root)
    assert operator.post(f"{TASKS}drop-tables/run/").status_code == 404
    assert operator.get(f"{TASKS}audit-ledger/run/").status_code == 405
    assert sent == []


# --- What is shown ----------------------------------------------------------------------------------------


def test_the_page_shows_each_task_with_its_last_run(root: User) -> None:
    now = timezone.now()
    ran("audit-ledger", at=now - timedelta(hours=72), error="BooksDisagree: balance_is_its_entries: 1")
    page = signed_in(root).get(TASKS)
    assert [row["task"].name for row in page.context["rows"]] == list(settings.CELERY_BEAT_SCHEDULE)
    row = next(row for row in page.context["rows"] if row["task"].name == "audit-ledger")
    assert row["task"].overdue
    assert row["ago"] == "3 days ago"
    for words in ("Every day at 03:40 UTC", "BooksDisagree: balance_is_its_entries: 1", "Late", "Failed"):
        assert words in page.text


def test_the_runs_of_a_task_are_paged_and_found_by_their_result(root: User) -> None:
    for n in range(60):
        ran(at=NOW, error="" if n else "Bad")
    ran("audit-ledger", at=NOW)
    operator = signed_in(root)
    shown = operator.get("/admin/config/taskrun/", {"name": "expire-points"}).context["cl"]
    assert (shown.result_count, len(shown.result_list)) == (60, 50)
    failed = operator.get("/admin/config/taskrun/", {"state": "failed"}).context["cl"]
    assert [run.error for run in failed.result_list] == ["Bad"]


# --- A real worker ----------------------------------------------------------------------------------------


@pytest.fixture
def worker(transactional_db: None) -> Iterator[subprocess.Popen[bytes]]:
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    current_app.control.purge()  # what other tests woke nobody with
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-P", "solo", "-l", "error"]
    process = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url})
    yield process
    process.kill()
    process.wait()
    current_app.control.purge()


def eventually(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not (done := true()) and time.monotonic() < end:
        time.sleep(0.05)
    return done


def test_a_worker_does_what_was_asked_for_and_its_death_is_seen(worker: Any, root: User) -> None:
    done = scheduled.ask(name="expire-points", by=root, at=timezone.now())
    assert eventually(lambda: state(done) == "done")
    other = connection.copy()
    other.set_autocommit(False)
    try:
        other.cursor().execute("LOCK TABLE customers_code")  # at which the next task waits
        killed = scheduled.ask(name="forget-codes", by=root, at=timezone.now())
        assert eventually(lambda: state(killed) == "running")
        worker.kill()
    finally:
        other.rollback()
        other.close()
    assert eventually(lambda: state(killed) == "interrupted")


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0.01 sec"), (0.042, "0.04 sec"), (7.4, "7 sec"), (89, "89 sec"), (200, "3 min")]
)
def test_how_long_a_run_took_is_told_in_words(seconds: float, words: str) -> None:
    assert shown.lasted(timedelta(seconds=seconds)) == words
