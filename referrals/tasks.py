"""What referrals do by themselves. Each task may run twice, late or beside another."""

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from referrals import awards


@shared_task(does=_("Gives and takes back what a referral brought, where that was cut short."))
def settle_referrals() -> None:
    awards.settle_due()
