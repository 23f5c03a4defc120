"""How a business looks: its colour and its logo, and where they may show."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction

from businesses import changes
from businesses.models import Business, BusinessStatus, Logo, Program, Staff


@transaction.atomic
def change_logo(
    *, business_id: int, picture: bytes | None, staff: Staff, at: datetime, seen: int | None = None
) -> Business:
    """Puts this picture, see `pictures.logo`, in the place of the old one; None takes it away.

    Raises `changes.ChangedMeanwhile` as `changes.apply` does.
    """
    digest = hashlib.sha256(picture).hexdigest()[:32] if picture else ""
    business = changes.apply(business_id=business_id, values={"logo_digest": digest}, staff=staff, at=at, seen=seen)
    if picture:
        Logo.objects.update_or_create(business=business, defaults={"digest": digest, "picture": picture})
    else:
        Logo.objects.filter(business=business).delete()
    return business


def why_blue(business: Business) -> str:
    """Why its customers' points page does not wear its colour, see `of_program`; empty where it does."""
    if business.program.businesses.filter(status=BusinessStatus.ACTIVE).exclude(pk=business.pk).exists():
        return "shared"
    return "confidential" if business.confidential else ""


def of_program(program: Program) -> dict[str, Any]:
    """Whose page a page of a programme is: that of its only business, else of the programme.

    A coalition's pages wear our own blue: the colour of one of its shops would tell where somebody had been, and
    one of them may be confidential. So does a confidential business that is alone.
    """
    businesses = list(program.businesses.filter(status=BusinessStatus.ACTIVE)[:2])
    if len(businesses) != 1:
        return {"name": program.name}
    only = businesses[0]
    if only.confidential:
        return {"name": only.name}
    return {"name": only.name, "style_url": only.style_url, "logo_url": only.logo_url}
