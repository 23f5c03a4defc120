"""What belongs to the installation as a whole and to no app."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class DemoProgress(models.Model):
    """How far a demo programme is loaded, for every process to see. `until_on` fixes its year: a load that was cut
    short goes on with the same one, whatever day it is then."""

    program = models.SlugField(unique=True)
    until_on = models.DateField()
    percent = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(percent__lte=100), name="demo_percent_to_100")]


# The connection of a worker is there as long as the worker is.
WORKER_IS_ALIVE = """
config_taskrun.finished_at IS NULL AND EXISTS (
  SELECT FROM pg_stat_activity worker
   WHERE worker.pid = config_taskrun.backend_pid AND worker.backend_start = config_taskrun.backend_start)"""


class TaskRunQuerySet(models.QuerySet["TaskRun"]):
    def with_state(self) -> "TaskRunQuerySet":
        alive = models.expressions.RawSQL(WORKER_IS_ALIVE, [], output_field=models.BooleanField())  # noqa: S611 - a constant
        return self.annotate(
            state=models.Case(
                models.When(started_at=None, then=models.Value("waiting")),
                models.When(alive, then=models.Value("running")),
                models.When(finished_at=None, then=models.Value("interrupted")),
                models.When(~models.Q(error=""), then=models.Value("failed")),
                default=models.Value("done"),
            )
        )


class TaskRun(models.Model):
    """One run of a scheduled task: sent by the schedule, or asked for by an operator and perhaps not begun yet.

    Which process of the database served it tells a run that goes on from one whose worker died.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for a worker")
        RUNNING = "running", _("Running")
        INTERRUPTED = "interrupted", _("Interrupted")
        FAILED = "failed", _("Failed")
        DONE = "done", _("Done")

    name = models.CharField(max_length=64)
    task_id = models.UUIDField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    backend_pid = models.IntegerField(null=True)
    backend_start = models.DateTimeField(null=True)

    objects = TaskRunQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("run"), _("runs")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(started_at__isnull=False) | models.Q(asked_by__isnull=False),
                name="task_run_begun_or_asked_for",
            )
        ]
        indexes = [
            models.Index(fields=["name", "-id"], name="task_run_newest"),
            models.Index(fields=["task_id"], name="task_run_task"),
        ]

    def __str__(self) -> str:
        return self.name
