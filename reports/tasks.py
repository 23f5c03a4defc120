"""What reports do by themselves. Each task may run twice, late or beside another."""

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from reports import folding


@shared_task(does=_("Counts the days again on which something happened, for the reports."))
def fold() -> None:
    folding.fold()
