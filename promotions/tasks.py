"""What promotions do by themselves. Each task may run twice, late or beside another."""

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from promotions.recommending import covisits


@shared_task(does=_("Counts who goes where as well as somewhere else, for recommendations."))
def count_co_visits() -> None:
    covisits.count_all()
