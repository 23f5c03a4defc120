"""Whether somebody may sign in at all: decided by superadmins, one of whom always stays."""

from django.db import transaction

from businesses.models import User


class LastSuperadmin(ValueError):
    """Nobody would be left who could let another one in."""


@transaction.atomic
def disable(*, user: User) -> None:
    """From the next request on they are signed out, and stay so. A second time changes nothing. Raises
    `LastSuperadmin`."""
    # Both rows are locked: two superadmins who disable each other must not both succeed.
    superadmins = User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk")
    if {each.pk for each in superadmins} == {user.pk}:
        raise LastSuperadmin
    User.objects.filter(pk=user.pk).update(is_active=False)


def enable(*, user: User) -> None:
    """They may sign in again, as who they were."""
    User.objects.filter(pk=user.pk).update(is_active=True)
