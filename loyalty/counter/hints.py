"""What a cashier may tell the customer: each of `COUNTER_HINTS` says some sentences, in this order."""

from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from businesses.models import Business
from loyalty.models import Wallet


def of(*, business: Business, wallet: Wallet, at: datetime) -> list[str]:
    return [
        sentence
        for path in settings.COUNTER_HINTS
        for sentence in import_string(path)(business=business, wallet=wallet, at=at)
    ]
