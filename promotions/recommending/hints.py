"""What a cashier may tell the customer: named in `COUNTER_HINTS`."""

from datetime import datetime

from businesses.models import Business
from loyalty.models import Wallet
from promotions.recommending import recommender, words


def at_counter(*, business: Business, wallet: Wallet, at: datetime) -> list[str]:
    """Of this business's own, and of what it has agreed upon with others."""
    found = recommender.to_business(wallet=wallet, business=business, at=at)
    return [words.to_staff(each) for each in found]
