"""What the superadmin sees of customers and of what was sent to them.

Birthdays and e-mail addresses stand on the customer's own page only; texts of messages nowhere, for some hold codes.
What somebody wrote to us stands on the page of that message.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from businesses.models import Business
from businesses.panel import NO_BREAK, ByBusiness, Column, ReadOnly, Reason, RecordedOn, choices, number, record_id
from customers import blocking, phones
from customers.models import Channel, Consent, Customer, ExternalId, Incoming, Message, OptOut, Profile


def phone_of(customer: Customer | None) -> str | None:
    """On one line, however narrow its column."""
    return phones.show(customer.phone).replace(" ", NO_BREAK) if customer and customer.phone else None


PHONE = Column(gettext_lazy("phone"), show=phone_of)
THEIR_PHONE = Column(gettext_lazy("customer"), show=lambda record: phone_of(record.customer))
BLOCKED = Column(gettext_lazy("blocked since"), "blocked_at")
FIND = gettext_lazy("Phone, as people write it")
OUR_ERRORS = {  # the others are a gateway's own words
    "the customer said STOP": gettext_lazy("The customer said STOP."),
    "the consent was withdrawn": gettext_lazy("The consent was withdrawn."),
    "too late to be of use": gettext_lazy("Too late to be of use."),
}
SOURCES = {
    "api": gettext_lazy("The API"),
    "counter": gettext_lazy("The counter"),
    "erasure": gettext_lazy("When all was forgotten"),
    "import": gettext_lazy("A file"),
    "join": gettext_lazy("A QR poster"),
    "points": gettext_lazy("The customer's own page"),
    "portal": gettext_lazy("The list of customers"),
    "provider": gettext_lazy("Told the SMS provider"),
    "start": gettext_lazy("Sent START"),
    "stop": gettext_lazy("Sent STOP"),
}


def meant(text: str) -> list[str]:
    """The numbers that were meant, in E.164: a national one belongs to any country where businesses are."""
    found = set()
    for country in ["ZZ", *Business.objects.order_by().values_list("country", flat=True).distinct()]:
        try:
            found.add(phones.parse(text, country))
        except phones.InvalidPhone:
            continue
    return sorted(found)


class CustomerAdmin(ReadOnly):
    """Registered by the app that can also enrol."""

    search_help_text = gettext_lazy("Phone, or a shop's own number")
    list_display = (PHONE, Column(gettext_lazy("known since"), "created_at"), BLOCKED)
    list_filter = (RecordedOn,)
    actions_detail = ("block", "lift")
    fields = (
        PHONE,
        Column(gettext_lazy("known since"), "created_at"),
        BLOCKED,
        Column(gettext_lazy("reason"), "blocked_reason"),
        "told",
        "named",
        "elsewhere",
    )
    readonly_fields = ("told", "named", "elsewhere")

    def find(self, rows: QuerySet[Customer], text: str) -> QuerySet[Customer]:
        numbers = meant(text)
        if numbers:
            return rows.filter(phone__in=numbers)
        # The index begins with the business, and there are few businesses beside the people that they know.
        names = ExternalId.objects.filter(business_id__in=list(Business.objects.values_list("pk", flat=True)))
        names = names.filter(external_id=text)
        return rows.filter(pk__in=names.values("customer_id"))

    @action(description=gettext_lazy("Block"), url_path="block", icon="block")
    def block(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def does(customer: Customer, answers: dict[str, str]) -> str:
            if not blocking.block(customer=customer, reason=answers["reason"], at=timezone.now()):
                raise ValidationError(_("This customer is blocked already."))
            return _("Blocked: %(reason)s") % answers

        text = _("They neither earn nor spend points anywhere until you lift it. What they have stays theirs.")
        title = _("Block this customer")
        form_of = lambda data, customer: Reason(data)  # noqa: E731
        return self.press(request, object_id, title=title, text=text, form_of=form_of, does=does)

    @action(description=gettext_lazy("Lift the block"), url_path="lift", icon="check")
    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def does(customer: Customer, answers: dict[str, str]) -> str:
            if not blocking.lift(customer=customer):
                raise ValidationError(_("This customer is not blocked."))
            return _("The block was lifted.")

        return self.press(request, object_id, title=_("Lift the block"), does=does)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        blocked = Customer.objects.filter(pk=record_id(str(object_id)), blocked_at__isnull=False).exists()
        meant = "lift" if blocked else "block"
        return [each for each in super().get_actions_detail(request, object_id) if each.path == meant]

    @admin.display(description=gettext_lazy("told the programmes"))
    def told(self, customer: Customer) -> str:
        profiles = Profile.objects.filter(customer=customer).select_related("program").order_by("pk")
        return format_html_join(
            "", "<p>{}: {}</p>", ((each.program, ", ".join(filter(None, _told(each)))) for each in profiles)
        )

    @admin.display(description=gettext_lazy("numbers at shops"))
    def named(self, customer: Customer) -> str:
        ids = ExternalId.objects.filter(customer=customer).select_related("business").order_by("pk")
        return format_html_join("", "<p>{}: {}</p>", ((each.business, each.external_id) for each in ids))

    @admin.display(description=gettext_lazy("more"))
    def elsewhere(self, customer: Customer) -> str:
        """By address, not by import: the wallets are kept above this app."""
        links = (
            (_("Wallets"), "loyalty_wallet"),
            (_("Purchases"), "loyalty_purchase"),
            (_("Messages"), "customers_message"),
        )
        rows = ((reverse(f"admin:{name}_changelist"), customer.pk, title) for title, name in links)
        return format_html_join(" · ", '<a href="{}?customer__id__exact={}">{}</a>', rows)


@admin.register(Message)
class MessageAdmin(ReadOnly):
    search_help_text = FIND
    fields = (
        Column(gettext_lazy("kind"), "kind"),
        THEIR_PHONE,
        Column(gettext_lazy("business"), "business"),
        Column(gettext_lazy("channel"), "channel"),
        Column(gettext_lazy("status"), "status"),
        number(gettext_lazy("attempts"), "attempts"),
        Column(gettext_lazy("error"), show=lambda message: OUR_ERRORS.get(message.error, message.error)),
        Column(gettext_lazy("written"), "created_at"),
        Column(gettext_lazy("sent"), "sent_at"),
        Column(gettext_lazy("delivered"), "delivered_at"),
    )
    list_display = fields
    list_filter = (choices("status", gettext_lazy("status")), ("business", ByBusiness), RecordedOn)
    list_select_related = ("customer", "business")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        rows: QuerySet[Message] = super().get_queryset(request)
        return rows.defer("text", "to")

    def find(self, rows: QuerySet[Message], text: str) -> QuerySet[Message]:
        return rows.filter(customer__in=_customers(text))


@admin.register(Consent)
class ConsentAdmin(ReadOnly):
    search_help_text = FIND
    fields = (
        THEIR_PHONE,
        Column(gettext_lazy("business"), "business"),
        Column(gettext_lazy("channel"), "channel"),
        Column(gettext_lazy("agreed"), "granted", boolean=True),
        Column(gettext_lazy("wording"), "text_version"),
        Column(gettext_lazy("where"), show=lambda consent: SOURCES.get(consent.source, consent.source)),
        Column(gettext_lazy("when"), "at"),
    )
    list_display = fields
    list_filter = (("business", ByBusiness), choices("channel", gettext_lazy("channel")))
    list_select_related = ("customer", "business")

    def find(self, rows: QuerySet[Consent], text: str) -> QuerySet[Consent]:
        return rows.filter(customer__in=_customers(text))


class ReceivedOn(RecordedOn):
    moment = "at"


@admin.register(Incoming)
class IncomingAdmin(ReadOnly):
    search_help_text = FIND
    list_display = (
        Column(gettext_lazy("from"), show=lambda row: _address(row.channel, row.sender)),
        Column(gettext_lazy("channel"), "channel"),
        Column(gettext_lazy("command"), "command"),
        number(gettext_lazy("answers"), "answers"),
        Column(gettext_lazy("when"), "at"),
    )
    fields = (*list_display, Column(gettext_lazy("text"), "text"))
    list_filter = (choices("channel", gettext_lazy("channel")), ReceivedOn)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incoming]:
        rows: QuerySet[Incoming] = super().get_queryset(request)
        return rows.defer("text")

    def find(self, rows: QuerySet[Incoming], text: str) -> QuerySet[Incoming]:
        return rows.filter(channel=Channel.SMS, sender__in=meant(text))


@admin.register(OptOut)
class OptOutAdmin(ReadOnly):
    search_help_text = FIND
    fields = (
        Column(gettext_lazy("number or chat"), show=lambda row: _address(row.channel, row.address)),
        Column(gettext_lazy("channel"), "channel"),
        Column(gettext_lazy("said STOP"), "stopped_at"),
        Column(gettext_lazy("said START"), "lifted_at"),
    )
    list_display = fields
    list_filter = (choices("channel", gettext_lazy("channel")),)

    def find(self, rows: QuerySet[OptOut], text: str) -> QuerySet[OptOut]:
        return rows.filter(channel=Channel.SMS, address__in=meant(text))


def _address(channel: str, address: str) -> str:
    return phones.show(address).replace(" ", NO_BREAK) if channel == Channel.SMS else address


def _told(profile: Profile) -> tuple[str, ...]:
    return profile.name, profile.birthday, profile.email, profile.language


def _customers(text: str) -> list[int]:
    return list(Customer.objects.filter(phone__in=meant(text)).values_list("pk", flat=True))
