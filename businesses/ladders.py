"""Whether the tiers of a programme make a ladder: no rung is missing, and each asks for more than the one below."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def check(tiers: Iterable[Any], *, counted: bool) -> None:
    """Raises `ValidationError` for the first that is wrong. Where tiers are given by hand (not `counted`) they ask for
    nothing, and only their places matter."""
    ladder = sorted(tiers, key=lambda tier: tier.position)
    for place, tier in enumerate(ladder, 1):
        if tier.position < place:
            raise ValidationError(_("Two tiers cannot stand at position %(position)s.") % {"position": tier.position})
        if tier.position > place:
            missing = _("No tier stands at position %(position)s. They are counted from 1, without a gap.")
            raise ValidationError(missing % {"position": place})
    if counted:
        for lower, higher in pairwise(ladder):
            _check_pair(lower, higher)


def _check_pair(lower: Any, higher: Any) -> None:
    said = {"lower": lower.name, "higher": higher.name}
    if higher.threshold < lower.threshold or higher.categories < lower.categories:
        raise ValidationError(_("%(lower)s stands below %(higher)s, and asks for more.") % said)
    same = higher.threshold == lower.threshold and higher.categories == lower.categories
    if same and not higher.invitation_only:
        raise ValidationError(_("%(higher)s has to ask for more than %(lower)s, which stands below it.") % said)
