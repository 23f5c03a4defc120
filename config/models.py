"""What belongs to the installation as a whole and to no app."""

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


class Outcome(models.TextChoices):
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class TaskRun(models.Model):
    """One run of a scheduled task. A memory for people: nothing depends on it, and old ones are forgotten."""

    task = models.CharField(max_length=128)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.RUNNING)
    detail = models.TextField(blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("scheduled task"), _("scheduled tasks")
        indexes = [models.Index(fields=["task", "-id"], name="task_run_newest")]

    def __str__(self) -> str:
        return self.task
