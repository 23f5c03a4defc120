"""What a new owner does next, read from what is there; gone when all is done or the first month is over."""

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from businesses.access import StaffRequest
from businesses.models import Role
from loyalty.models import Operation

FIRST = timedelta(days=30)


def first_steps(request: StaffRequest, now: datetime) -> dict[str, Any]:
    """The context of templates/components/first_steps.html; empty for all others and later. Three short queries."""
    business = request.business
    if request.staff.role != Role.OWNER or now - business.created_at > FIRST:
        return {}
    sold = Operation.objects.filter(business=business, refusal__isnull=True).exists()
    several = business.staff.count() > 1 or business.invitations.exists()
    steps = [
        {
            "done": sold,
            "title": _("Make the first sale"),
            "text": _("Type a phone number, even your own: what is undone counts nowhere."),
            "url": "",
        },
        {
            "done": several,
            "title": _("Invite your staff"),
            "text": _("They get a letter with a link and serve a minute later."),
            "url": reverse("invite"),
        },
        {
            "done": bool(business.brand_colour or business.logo_digest),
            "title": _("Choose your look"),
            "text": _("Your colour and logo, on posters and on your customers’ pages."),
            "url": reverse("look"),
        },
    ]
    if all(step["done"] for step in steps):
        return {}
    return {"steps": steps, "poster_url": reverse("poster", args=[request.branch.public_id])}
