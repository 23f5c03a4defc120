"""What the superadmin sees of the installation itself: who did what in this panel, and the work of the clock."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from unfold.decorators import display

from businesses import shown
from businesses.panel import Column, Label, ReadOnly
from config import scheduled
from config.models import TaskRun

STATE_COLOURS = {
    TaskRun.State.WAITING.value: "info",
    TaskRun.State.RUNNING.value: "info",
    TaskRun.State.INTERRUPTED.value: "warning",
    TaskRun.State.FAILED.value: "danger",
    TaskRun.State.DONE.value: "success",
}


@admin.register(LogEntry)
class LogAdmin(ReadOnly):
    fields = (
        Column(_("when"), "action_time"),
        Column(_("who"), "user.full_name"),
        Column(_("what"), show=lambda entry: entry.content_type.name if entry.content_type else None),
        Column(_("which"), "object_repr"),
        Column(_("done"), show=lambda entry: entry.get_change_message() or entry.get_action_flag_display()),
    )
    list_display = fields
    list_select_related = ("user", "content_type")
    search_fields = ("user__email",)
    search_help_text = _("E-mail")


class OfTask(admin.SimpleListFilter):
    title = _("task")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [(name, scheduled.does(name)) for name in settings.CELERY_BEAT_SCHEDULE]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(name=self.value()) if self.value() else queryset


class InState(admin.SimpleListFilter):
    title = _("result")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return TaskRun.State.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(TaskRun)
class TaskRunAdmin(ReadOnly):
    fields = (
        Column(_("task"), show=lambda run: scheduled.does(run.name)),
        "result",
        Column(_("began"), "started_at"),
        Column(_("took"), show=lambda run: took(run)),
        Column(_("sent by"), show=lambda run: run.asked_by or gettext("The schedule")),
        Column(_("error"), "error"),
    )
    list_display = fields
    list_filter = (OfTask, InState)
    list_select_related = ("asked_by",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaskRun]:
        return super().get_queryset(request).with_state()

    @display(description=shown.capital(_("result")), label=STATE_COLOURS)
    def result(self, run: TaskRun) -> Label:
        return Label(run.state, TaskRun.State(run.state).label)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(require_safe(self.tasks))
        press = self.admin_site.admin_view(require_POST(self.run))
        ours = [
            path("tasks/", page, name="config_taskrun_tasks"),
            path("tasks/<slug:name>/run/", press, name="config_taskrun_run"),
        ]
        return [*ours, *super().get_urls()]

    def tasks(self, request: HttpRequest) -> HttpResponse:
        """All that the clock does, each with its newest run."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        rows = [
            {
                "task": task,
                "took": took(task.last) if task.last else None,
                "ago": shown.ago(task.last.started_at, now) if task.last and task.last.started_at else None,
                "state": TaskRun.State(task.last.state).label if task.last else None,
                "colour": STATE_COLOURS[task.last.state] if task.last else "",
            }
            for task in scheduled.tasks(at=now)
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Scheduled tasks"),
            "rows": rows,
        }
        return TemplateResponse(request, "admin/config/tasks.html", context)

    def run(self, request: HttpRequest, name: str) -> HttpResponse:
        if not request.user.is_superuser:  # type: ignore[union-attr]
            raise PermissionDenied
        try:
            scheduled.ask(name=name, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        except scheduled.Unknown as error:
            raise Http404 from error
        except scheduled.WaitsAlready:
            self.message_user(request, gettext("It waits for a worker already."), messages.WARNING)
        except scheduled.NoQueue:
            text = gettext("The queue of tasks does not answer, so nothing was sent. Is the broker running?")
            self.message_user(request, text, messages.ERROR)
        else:
            text = gettext("Sent. Load the page again to see how it went.")
            self.message_user(request, text, messages.SUCCESS)
        return redirect("admin:config_taskrun_tasks")


def took(run: TaskRun) -> str | None:
    return shown.lasted(run.finished_at - run.started_at) if run.finished_at and run.started_at else None
