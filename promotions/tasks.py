"""What promotions do by themselves. Each task may run twice, late or beside another."""

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from promotions import chains, sharing
from promotions.nudging import behaviour, drawing, measuring
from promotions.recommending import covisits


@shared_task(does=_("Counts who goes where as well as somewhere else, for recommendations."))
def count_co_visits() -> None:
    covisits.count_all()


@shared_task(does=_("Ends chains whose last day is over, and frees what their coupons did not cost."))
def end_chains() -> None:
    chains.end_due(at=timezone.now())
    sharing.settle_all(at=timezone.now())


@shared_task(does=_("Writes to customers who slip away, where a business wants it, and measures what that brought."))
def nudge_customers() -> None:
    measuring.measure_due(at=timezone.now())
    drawing.draw_due(at=timezone.now())


@shared_task(does=_("Deletes what online shops told about their customers’ visits long ago."))
def forget_behaviour() -> None:
    behaviour.forget_old(at=timezone.now())
