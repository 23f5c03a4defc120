"""What the ledger does by itself. Each task may run twice, late or beside another."""

import logging

from celery import shared_task

from loyalty import audit, ledger

log = logging.getLogger(__name__)


@shared_task
def expire_points() -> None:
    ledger.expire_due()


@shared_task
def audit_ledger() -> None:
    """Every night's proof. A broken promise is an error in the log, where somebody is told."""
    for finding in audit.run():
        if finding.breaches:
            log.error(
                "The ledger breaks a promise in %s rows: %s %s", finding.breaches, finding.promise, finding.examples
            )
