"""What customers ask in a conversation about coupons, and about what might please them. Short: each part is paid.

What is of a confidential business stands on their page alone: telephones are read over shoulders.
"""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from businesses.models import Business
from customers.conversations.commands import Caller, Reply, command
from customers.models import Channel
from loyalty.conversation import wallets_of
from loyalty.models import Wallet
from loyalty.points import own
from promotions import coupons, words
from promotions.models import Coupon
from promotions.recommending import recommender
from promotions.recommending import words as recommended
from promotions.recommending.recommender import Recommendation

MOST = {Channel.SMS: 2}
MOST_ELSEWHERE = 8


@command(
    "COUPONS",
    everywhere=("/coupons",),
    en=("COUPONS", "COUPON", "MY COUPONS"),
    az=("KUPONLAR", "KUPON", "KUPONLARIM"),
    ru=("КУПОНЫ", "КУПОН", "МОИ КУПОНЫ"),
)
def held(caller: Caller) -> Reply:
    """What they hold, the first to end first."""
    found = [
        (coupon, wallet)
        for wallet in wallets_of(caller.customer)
        for coupon in coupons.of_wallet(wallet=wallet, at=caller.at)
        if not (coupon.offer.business and coupon.offer.business.confidential)
    ]
    if not found:
        return _("You have no coupons at the moment.") + " " + _page()
    most = MOST.get(caller.channel, MOST_ELSEWHERE)
    more = [_page()] if len(found) > most else []
    return "\n".join([*(_coupon(coupon, wallet) for coupon, wallet in found[:most]), *more])


@command(
    "IDEAS",
    everywhere=("/ideas",),
    en=("IDEAS", "IDEA", "FOR ME"),
    az=("MƏNİM ÜÇÜN", "TÖVSİYƏ", "TÖVSİYƏLƏR"),
    ru=("ДЛЯ МЕНЯ", "ИДЕИ", "СОВЕТ"),
)
def ideas(caller: Caller) -> Reply:
    """What might please them."""
    hidden = set(Business.objects.filter(confidential=True).values_list("pk", flat=True))
    found = [
        each
        for wallet in wallets_of(caller.customer)
        for each in recommender.to_customer(wallet=wallet, at=caller.at)
        if each.place not in hidden
    ]
    if not found:
        return _("Nothing special for you at the moment.") + " " + _page()
    return "\n".join(_idea(each) for each in found[: MOST.get(caller.channel, MOST_ELSEWHERE)])


def _coupon(coupon: Coupon, wallet: Wallet) -> str:
    business = coupon.offer.business
    zone = ZoneInfo(business.time_zone) if business else own.zone(wallet.program)
    place = business.name if business else wallet.program.name
    said = [f"{coupon.code}: {coupon.offer.name}", place, words.until(coupon, zone)]
    return ", ".join(filter(None, said))


def _idea(of: Recommendation) -> str:
    return f"{recommended.title(of)}: {recommended.detail(of)}"


def _page() -> str:
    return f"{settings.PUBLIC_BASE_URL}{reverse('points')}"
