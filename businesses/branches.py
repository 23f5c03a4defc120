"""Branches of a business: one at least stays open."""

from datetime import datetime

from django.db import transaction

from businesses.models import Branch, Business


class LastBranch(ValueError):
    """Purchases need a place; a business that stops is closed by its operator."""


@transaction.atomic
def close(*, branch: Branch, at: datetime) -> None:
    """Its purchases stay; nobody sells there any more. A second time changes nothing. Raises `LastBranch`."""
    Business.objects.select_for_update().get(pk=branch.business_id)  # two people closing two branches leave one
    if is_last(branch):
        raise LastBranch
    Branch.objects.filter(pk=branch.pk, closed_at=None).update(closed_at=at)


def open_new(*, business: Business, name: str, told: dict[str, str]) -> Branch:
    """`told`: city, address, hours, as far as they are known."""
    return Branch.objects.create(business=business, name=name, **told)


def describe(*, branch: Branch, told: dict[str, str]) -> None:
    """Changes what is told and leaves the rest."""
    Branch.objects.filter(pk=branch.pk).update(**told)


def reopen(*, branch: Branch) -> None:
    """People sell and join there again. A second time changes nothing."""
    Branch.objects.filter(pk=branch.pk).update(closed_at=None)


def is_last(branch: Branch) -> bool:
    """Whether no other branch of its business is open."""
    return not Branch.objects.filter(business=branch.business_id, closed_at=None).exclude(pk=branch.pk).exists()
