"""What a customer allowed a business to send, on which channel, under which words, and when. Only ever added to."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Channel, Consent

# The words that were shown. A changed text is a new version: the old ones stay, because people agreed to them.
TEXTS: dict[str, Promise] = {
    "2026-11": _(
        "%(business)s may write to me here about my points and what I can do with them. I can stop this at any time."
    ),
}
CURRENT = "2026-11"
# The channels that messages can leave by.
OFFERED = (Channel.SMS,)


@dataclass(frozen=True)
class Answer:
    """The newest answer for one business and channel."""

    business_id: int
    channel: Channel
    granted: bool
    text_version: str
    at: datetime
    source: str


def text(*, business: str, version: str = CURRENT) -> str:
    return str(TEXTS[version]) % {"business": business}


def give(*, customer_id: int, business_id: int, channel: Channel, source: str, at: datetime) -> None:
    """To the current text. `source` is where: `counter`, `join`, `points`, `portal`, `api`, `start`. Twice is once."""
    _answer(customer_id, business_id, channel, source, at, granted=True)


def withdraw(*, customer_id: int, business_id: int, channel: Channel, source: str, at: datetime) -> None:
    """Stands from now on; what was agreed to before stays on record."""
    _answer(customer_id, business_id, channel, source, at, granted=False)


def withdraw_everywhere(*, customer_id: int, channel: Channel, source: str, at: datetime) -> None:
    """From every business that may write there today."""
    for answer in current(customer_id=customer_id):
        if answer.channel == channel and answer.granted:
            withdraw(customer_id=customer_id, business_id=answer.business_id, channel=channel, source=source, at=at)


def give_again(*, customer_id: int, channel: Channel, withdrawn_by: str, source: str, at: datetime) -> None:
    """To every business whose newest answer is the withdrawal by that source, which the customer takes back."""
    for answer in current(customer_id=customer_id):
        if answer.channel == channel and not answer.granted and answer.source == withdrawn_by:
            give(customer_id=customer_id, business_id=answer.business_id, channel=channel, source=source, at=at)


def agreed(*, customer_id: int, business_id: int, channel: Channel) -> bool:
    newest = _newest(customer_id, business_id, channel)
    return bool(newest and newest.granted)


def count(*, business_id: int, channel: Channel) -> int:
    """How many customers agree today."""
    answers = Consent.objects.filter(business_id=business_id, channel=channel)
    newest = answers.order_by("customer_id", "-id").distinct("customer_id")
    return Consent.objects.filter(pk__in=newest.values("pk"), granted=True).count()


def current(*, customer_id: int) -> list[Answer]:
    """The newest answer for each business and channel that was ever asked about."""
    newest = (
        Consent.objects.filter(customer_id=customer_id)
        .order_by("business_id", "channel", "-id")
        .distinct("business_id", "channel")
    )
    return [
        Answer(row.business_id, Channel(row.channel), row.granted, row.text_version, row.at, row.source)
        for row in newest
    ]


def _answer(customer_id: int, business_id: int, channel: Channel, source: str, at: datetime, *, granted: bool) -> None:
    newest = _newest(customer_id, business_id, channel)
    if newest and newest.granted == granted and newest.text_version == CURRENT:
        return
    Consent.objects.create(
        customer_id=customer_id,
        business_id=business_id,
        channel=channel,
        granted=granted,
        text_version=CURRENT,
        source=source,
        at=at,
    )


def _newest(customer_id: int, business_id: int, channel: Channel) -> Consent | None:
    answers = Consent.objects.filter(customer_id=customer_id, business_id=business_id, channel=channel)
    return answers.order_by("-id").first()
