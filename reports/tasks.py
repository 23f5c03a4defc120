"""What reports do by themselves. Each task may run twice, late or beside another."""

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reports import economy, folding, network, segments


@shared_task(does=_("Counts the days again on which something happened, for the reports."))
def fold() -> None:
    folding.fold()


@shared_task(does=_("Counts how customers differ: who buys lately, often and for much."))
def count_segments() -> None:
    segments.count(at=timezone.now())


@shared_task(does=_("Counts what became of the points that businesses gave, and what those still out may cost."))
def count_points() -> None:
    economy.count(at=timezone.now())


@shared_task(does=_("Counts what the businesses of a programme bring each other."))
def count_network() -> None:
    network.count(at=timezone.now())
