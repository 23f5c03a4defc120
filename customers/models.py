"""The people who collect points: who they are, what they agreed to, and what was sent to them."""

import secrets

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Lower, Now, Reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from businesses.encryption import EncryptedTextField
from businesses.models import Branch, Business, Program
from customers import phones


class Customer(models.Model):
    """A person, one per phone number on the installation; without a phone, one per `ExternalId`."""

    phone = models.CharField(_("phone"), max_length=16, unique=True, null=True, help_text="E.164")  # noqa: DJ001 - unique
    created_at = models.DateTimeField(db_default=Now())
    # Signing out everywhere moves this on; a session remembers the number it was made with.
    session_epoch = models.PositiveIntegerField(db_default=0)
    # While blocked they neither earn nor spend; what they have stays theirs.
    blocked_at = models.DateTimeField(null=True, blank=True)
    blocked_reason = models.CharField(_("reason"), max_length=250, blank=True, db_default="")

    class Meta:
        indexes = [models.Index(OpClass(Reverse("phone"), "text_pattern_ops"), name="customer_phone_end")]
        verbose_name, verbose_name_plural = _("customer"), _("customers")

    def __str__(self) -> str:
        return phones.mask(self.phone) if self.phone else f"{self._meta.verbose_name} {self.pk}"


class ExternalId(models.Model):
    """A shop's own name for a customer."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="external_ids")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="external_ids", db_constraint=False)
    external_id = models.CharField(max_length=128)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "external_id"], name="external_id_once")]


def last_word(name: str = "name") -> Lower:
    """The last word of a name in lower case, by which people are looked for as often as by the first."""
    return Lower(models.Func(name, models.Value(r"\S+\Z"), function="substring", output_field=models.TextField()))


class Profile(models.Model):
    """What a customer told one programme about themselves. All optional, so the row may be missing."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="profiles")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="profiles")
    name = models.CharField(pgettext_lazy("person", "name"), max_length=120, blank=True)
    birthday = EncryptedTextField(_("birthday"), blank=True, help_text="ISO 8601")
    email = EncryptedTextField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=2, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["program", "customer"], name="profile_once")]
        indexes = [
            models.Index("program", OpClass(Lower("name"), "text_pattern_ops"), name="profile_name"),
            models.Index("program", OpClass(last_word(), "text_pattern_ops"), name="profile_last_word"),
        ]


def new_card_token() -> str:
    return secrets.token_urlsafe(18)


class Card(models.Model):
    """A QR card: an opaque token that names a customer within one programme until it is revoked."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="cards")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="cards")
    token = models.CharField(max_length=32, unique=True, default=new_card_token)
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "customer"], condition=models.Q(revoked_at=None), name="one_live_card"
            )
        ]


class Channel(models.TextChoices):
    SMS = "sms", "SMS"
    EMAIL = "email", _("E-mail")
    WHATSAPP = "whatsapp", "WhatsApp"
    TELEGRAM = "telegram", "Telegram"


class Consent(models.Model):
    """One answer to "may this business write to you here?". Append-only; the newest row counts."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="consents")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    granted = models.BooleanField()
    text_version = models.CharField(max_length=16)
    source = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("consent"), _("consents")
        indexes = [models.Index(fields=["customer", "business", "channel", "-id"], name="consent_newest")]

    def __str__(self) -> str:
        return f"{self.business} · {self.get_channel_display()}"


class Code(models.Model):
    """A one-time code that proves a phone. The row is made for unknown numbers too: they must look alike."""

    phone = models.CharField(max_length=16)
    digest = models.BinaryField(max_length=32)
    browser = models.BinaryField(max_length=32, help_text="HMAC of the cookie the code is bound to")
    client = models.BinaryField(max_length=32, help_text="HMAC of the address that asked for it")
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["phone", "-id"], name="code_newest"),
            models.Index(fields=["client", "created_at"], name="code_client"),
        ]


class MessageStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    # A code for a number nobody has, or a message whose consent was withdrawn before it left.
    WITHHELD = "withheld", _("Not to be sent")


class MessageKind(models.TextChoices):
    CODE = "code", _("Code")
    POINTS_EARNED = "points_earned", _("Points earned")
    POINTS_REDEEMED = "points_redeemed", _("Points redeemed")
    POINTS_EXPIRING = "points_expiring", _("Points expire soon")
    QUESTION_ANSWERED = "question_answered", _("Question answered")
    TIER_ENDING = "tier_ending", _("Tier ends soon")
    ANSWER = "answer", _("Answer")
    STOP_CONFIRMED = "stop_confirmed", _("Stop confirmed")
    INVITATION = "invitation", _("Invitation by a friend")
    NUDGE = "nudge", _("Come back")


class Message(models.Model):
    """One row of the outbox, written in the transaction of its cause and sent after it."""

    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="messages")
    business = models.ForeignKey(Business, models.PROTECT, null=True, related_name="messages")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    to = models.CharField(max_length=254)
    kind = models.CharField(max_length=24, choices=MessageKind.choices)
    language = models.CharField(max_length=2)
    text = EncryptedTextField()
    status = models.CharField(max_length=8, choices=MessageStatus.choices, default=MessageStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=250, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    send_after = models.DateTimeField(db_default=Now())
    send_before = models.DateTimeField(null=True, help_text="after it the message would be of no use")
    sent_at = models.DateTimeField(null=True)
    card = models.ForeignKey(Card, models.PROTECT, null=True, related_name="+", help_text="goes along as a picture")
    provider_id = models.CharField(max_length=64, blank=True, db_default="", help_text="the provider's name for it")
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("message"), _("messages")
        indexes = [
            models.Index(fields=["send_after"], condition=models.Q(status="queued"), name="message_queue"),
            models.Index(fields=["business", "-id"], name="message_business"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class Chat(models.Model):
    """A chat with our bot in Telegram. Its customer is known once they have shared their own number."""

    telegram_id = models.BigIntegerField(unique=True)
    customer = models.OneToOneField(Customer, models.PROTECT, null=True, related_name="chat")
    branch = models.ForeignKey(
        Branch, models.PROTECT, null=True, related_name="+", help_text="whose poster brought them"
    )
    begun_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("chat"), _("chats")

    def __str__(self) -> str:
        return f"Telegram {self.telegram_id}"


class Incoming(models.Model):
    """Something that somebody sent to us. `provider_id` is unique, so that what comes twice is answered once."""

    channel = models.CharField(max_length=8, choices=Channel.choices)
    provider_id = models.CharField(max_length=64)
    sender = models.CharField(max_length=64, help_text="E.164, or the chat's number")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="incoming")
    text = EncryptedTextField(_("text"), blank=True)
    command = models.CharField(_("command"), max_length=16, blank=True, help_text="as it was understood")
    answers = models.PositiveSmallIntegerField(_("answers"), default=0)
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("incoming message"), _("incoming messages")
        constraints = [models.UniqueConstraint(fields=["channel", "provider_id"], name="incoming_once")]
        indexes = [models.Index(fields=["channel", "sender", "-at"], name="incoming_sender")]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.command or '–'}"


class OptOut(models.Model):
    """Somebody said STOP on a channel: nothing is sent there until they say START, whoever they are."""

    channel = models.CharField(max_length=8, choices=Channel.choices)
    address = models.CharField(max_length=64, help_text="E.164, or the chat's number")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="opt_outs")
    stopped_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("STOP of a customer"), _("STOPs of customers")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "address"], condition=models.Q(lifted_at=None), name="one_opt_out"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.stopped_at:%Y-%m-%d}"
