"""Files that a business brings along, and what became of their rows."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from businesses.models import ApiKey, Business, Staff


class ImportKind(models.TextChoices):
    PURCHASES = "purchases", _("Purchases")
    CUSTOMERS = "customers", _("Customers")
    PRODUCTS = "products", _("Products")
    OPENINGS = "openings", _("Opening balances")


class ImportState(models.TextChoices):
    WAITING = "waiting", _("Waiting for its columns")
    CHECKING = "checking", _("Being looked through")
    CHECKED = "checked", _("Ready to come in")
    RUNNING = "running", _("Coming in")
    DONE = "done", pgettext_lazy("import", "Done")
    FAILED = "failed", pgettext_lazy("import", "Not readable")
    DROPPED = "dropped", pgettext_lazy("import", "Dropped")


AT_WORK = (ImportState.CHECKING, ImportState.RUNNING)


class Import(models.Model):
    """One file. Its look through (a dry run) and its run are the same work; a run moves on with every commit."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="imports", verbose_name=_("business"))
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=ImportKind.choices)
    state = models.CharField(_("state"), max_length=8, choices=ImportState.choices, default=ImportState.WAITING)
    file_name = models.CharField(_("file"), max_length=120)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file")
    encoding = models.CharField(max_length=16, default="utf-8")
    columns = models.JSONField(default=dict, help_text="which column of the file, from 0, tells what")
    date_format = models.CharField(max_length=16, blank=True, help_text="strptime; empty: ISO 8601 or DD.MM.YYYY")
    earns = models.BooleanField(_("its purchases earn points"), default=False)
    makes_branches = models.BooleanField(_("unknown branches are opened"), default=False)
    goes_on = models.BooleanField(default=False, help_text="comes in without another word once it was looked through")
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    api_key = models.ForeignKey(ApiKey, models.PROTECT, null=True, related_name="+")
    key = models.CharField(max_length=255, null=True)  # noqa: DJ001 - null keeps it out of the unique index
    input_hash = models.BinaryField(max_length=32, default=b"")
    rows = models.IntegerField(_("rows"), default=0, help_text="of the file, once it was looked through")
    done = models.IntegerField(default=0, help_text="sales or records that are dealt with, in the file's order")
    tally = models.JSONField(default=dict)
    turn = models.IntegerField(default=0, help_text="moved by each worker that takes it up: the one before stops then")
    problem = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField(_("brought"), db_default=Now())
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("import"), _("imports")
        constraints = [models.UniqueConstraint(fields=["business", "key"], name="import_key_once")]
        indexes = [
            models.Index(fields=["business", "-id"], name="import_business"),
            models.Index(fields=["moved_at"], condition=Q(state__in=AT_WORK), name="import_at_work"),
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportFile(models.Model):
    """The file itself, until its import is over."""

    importing = models.OneToOneField(Import, models.CASCADE, primary_key=True, related_name="file")
    content = models.BinaryField()


class ImportRow(models.Model):
    """A row that cannot come in, and why."""

    importing = models.ForeignKey(Import, models.CASCADE, related_name="refused", db_index=False)
    line = models.IntegerField(help_text="the row's number in the file")
    column = models.CharField(max_length=80, blank=True)
    text = models.CharField(max_length=250, blank=True, help_text="what the file says there")
    reason = models.CharField(max_length=250)

    class Meta:
        indexes = [models.Index(fields=["importing", "id"], name="import_row_import")]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"
