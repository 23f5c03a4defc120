"""Wake-ups of the outbox. The work is in rows: a lost task loses nothing."""

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers import codes, messages
from customers.conversations import incoming


@shared_task(does=_("Sends the messages that are due."))
def send_messages() -> None:
    messages.send_due(clock=timezone.now)


@shared_task(does=_("Deletes one-time codes that nobody can use any more."))
def forget_codes() -> None:
    codes.forget(at=timezone.now())
    messages.forget(at=timezone.now())


@shared_task(does=_("Deletes what customers wrote to us long ago."))
def forget_incoming() -> None:
    incoming.forget(at=timezone.now())
