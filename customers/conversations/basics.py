"""The commands that need no points: HELP, STOP and START, and what is said to who is no customer or not understood."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from customers import opt_outs
from customers.conversations import commands
from customers.conversations.commands import Caller, Reply, Said, command
from customers.models import Channel, MessageKind

IN_HELP = ("BALANCE", "HISTORY", "REWARDS", "COUPONS", "REFER")  # an answer fits into two text messages


@command(
    "HELP",
    for_anyone=True,
    everywhere=("/help", "?"),
    en=("HELP", "INFO"),
    az=("KÖMƏK", "YARDIM"),
    ru=("ПОМОЩЬ", "ИНФО", "СПРАВКА"),
)
def help(caller: Caller) -> Reply:
    if caller.customer is None:
        return how_to_join(caller)
    offered = [each.word(caller.language) for each in commands.known() if each.name in IN_HELP]
    if caller.channel == Channel.TELEGRAM:
        offered = ["/profile", "/purchases", "/rewards", "/coupons", "/ideas", "/refer", "/scan", "/help"]
    words = {"words": ", ".join(offered), "address": settings.PUBLIC_BASE_URL + reverse("points")}
    return _("You can send: %(words)s. STOP ends our messages. Your points: %(address)s") % words


@command(
    "STOP",
    for_anyone=True,
    everywhere=("STOP", "/stop", "STOPALL"),
    en=("UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT"),
    az=("DAYAN", "DAYANDIR", "DAYANDIRIN", "LƏĞV", "LƏĞV ET", "İMTİNA", "GÖNDƏRMƏ"),
    ru=("СТОП", "ОТПИСАТЬСЯ", "ОТПИСКА", "ОТПИШИТЕ", "ОТМЕНА", "ХВАТИТ"),
)
def stop(caller: Caller) -> Reply:
    """One confirmation; who says it again has heard it."""
    customer_id = caller.customer.pk if caller.customer else None
    if not opt_outs.stop(channel=caller.channel, address=caller.address, customer_id=customer_id, at=caller.at):
        return []
    text = _("You will get no more messages from us here, not even codes. Send START to get them again.")
    return [Said(text, kind=MessageKind.STOP_CONFIRMED)]


@command(
    "START",
    for_anyone=True,
    everywhere=("START", "/start"),
    en=("UNSTOP", "YES"),
    az=("BAŞLA", "BƏLİ"),
    ru=("СТАРТ", "НАЧАТЬ", "ДА"),
)
def start(caller: Caller) -> Reply:
    customer_id = caller.customer.pk if caller.customer else None
    if opt_outs.start(channel=caller.channel, address=caller.address, customer_id=customer_id, at=caller.at):
        if caller.customer is None:
            return how_to_join(caller)
        return _("Our messages reach you again. Send HELP to see what you can ask, STOP to end them.")
    return help(caller)


def how_to_join(caller: Caller) -> Reply:
    if caller.channel == Channel.TELEGRAM:
        return _("Share your number with the button below. It is your card from then on.")
    return _("This number collects no points yet. Scan the poster at a shop, or send JOIN and the shop's name.")


def not_understood(caller: Caller) -> Reply:
    return how_to_join(caller) if caller.customer is None else help(caller)
