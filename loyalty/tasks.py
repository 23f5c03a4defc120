"""What the ledger does by itself. Each task may run twice, late or beside another."""

import logging

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from loyalty import audit, reminding, reviewing, spending, sweeps
from loyalty.churn import scoring
from loyalty.importing import work

log = logging.getLogger(__name__)


class BooksDisagree(Exception):
    """The night's proof failed."""


@shared_task(does=_("Gives customers the points that have waited long enough."))
def mature_points() -> None:
    sweeps.mature_due()


@shared_task(does=_("Takes points whose time is over from their wallets."))
def expire_points() -> None:
    sweeps.expire_due()


@shared_task(does=_("Takes the points of customers who have not come for too long, where a programme says so."))
def expire_idle_points() -> None:
    sweeps.expire_idle()


@shared_task(does=_("Gives back the points of rewards that nobody collected in time."))
def release_holds() -> None:
    sweeps.release_due()


@shared_task(does=_("Deletes codes for spending points that nobody can use any more."))
def forget_spending_codes() -> None:
    spending.forget(at=timezone.now())


@shared_task(does=_("Tells customers before their points expire."))
def warn_of_expiry() -> None:
    reminding.warn()


@shared_task(does=_("Announces tiers that are no longer earned, and lowers them when their time is over."))
def review_tiers() -> None:
    reviewing.review()


@shared_task(does=_("Estimates, once a day for each business, how likely each customer is not to come back."))
def score_churn() -> None:
    scoring.score_due(at=timezone.now())


@shared_task(does=_("Proves that every balance is the sum of its entries."))
def audit_ledger() -> None:
    """Every night's proof. A broken promise is an error in the log, where somebody is told, and a failed run."""
    broken = [finding for finding in audit.run() if finding.breaches]
    for finding in broken:
        log.error("The ledger breaks a promise in %s rows: %s %s", finding.breaches, finding.promise, finding.examples)
    if broken:
        raise BooksDisagree("; ".join(f"{finding.name}: {finding.breaches}" for finding in broken))


@shared_task(does=_("Takes in a file that a business has brought."))
def work_import(import_id: int) -> None:
    work.work(import_id=import_id, clock=timezone.now)


@shared_task(does=_("Goes on with files at which nobody has worked for a minute."))
def work_imports() -> None:
    for import_id in work.waiting(at=timezone.now()):
        work.work(import_id=import_id, clock=timezone.now)
