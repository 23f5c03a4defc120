"""Wake-ups of the outbox. The work is in rows: a lost task loses nothing."""

from celery import shared_task
from django.utils import timezone

from customers import codes, messages


@shared_task
def send_messages() -> None:
    messages.send_due(clock=timezone.now)


@shared_task
def forget_codes() -> None:
    codes.forget(at=timezone.now())
    messages.forget(at=timezone.now())
