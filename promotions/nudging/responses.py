"""What a customer did with a nudge, as they or the shop tell: seen, used, not wanted."""

from datetime import datetime
from typing import Literal

from django.db import transaction

from promotions.models import Nudge, State

Response = Literal["viewed", "used", "dismissed"]
RESPONSES: tuple[Response, ...] = ("viewed", "used", "dismissed")


class Expired(Exception):
    """Its time was over when this was told."""


@transaction.atomic
def answer(*, nudge: Nudge, response: Response, at: datetime) -> State:
    """Keeps the first moment of each response; told again it stays as it was. Returns the state. Raises `Expired`."""
    now = Nudge.objects.select_for_update(of=("self",)).with_state(at).get(pk=nudge.pk)
    column = f"{response}_at"
    if getattr(now, column) is None:
        if now.expires_at <= at:
            raise Expired
        Nudge.objects.filter(pk=now.pk).update(**{column: at})
    return State(Nudge.objects.with_state(at).values_list("state", flat=True).get(pk=now.pk))
