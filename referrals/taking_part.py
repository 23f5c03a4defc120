"""Whether a business takes part in bringing friends. Its owner decides; a sale reads it from the rules."""

from datetime import datetime

from businesses.models import Business, Staff
from referrals.models import ReferralPause


def change(*, business: Business, wanted: bool, staff: Staff, at: datetime) -> None:
    """The same twice is once."""
    if wanted:
        ReferralPause.objects.filter(business=business).delete()
    else:
        ReferralPause.objects.get_or_create(business=business, defaults={"staff": staff, "at": at})
