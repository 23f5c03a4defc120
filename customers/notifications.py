"""Which messages a business's customers get. Only those who agreed get any; a code comes whatever is chosen here."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

from babel.dates import format_date
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses import changes
from businesses.access import MANAGERS, StaffRequest, role_required
from businesses.models import Business
from businesses.views import settings_page
from customers import consents, texts
from customers.models import Channel

KINDS: dict[str, Callable[..., str]] = {
    "tells_points_earned": partial(texts.points_earned, points=37, balance=1277),
    "tells_points_redeemed": partial(texts.points_redeemed, points=37, balance=1277),
    "tells_points_expiring": partial(texts.points_expiring, points=120),
}

EXPIRING, SAMPLE_DAY = KINDS["tells_points_expiring"], date(2026, 12, 20)


class MessagesForm(forms.Form):
    tells_points_earned = forms.BooleanField(
        label=gettext_lazy("When points are added"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "switch"}),
    )
    tells_points_redeemed = forms.BooleanField(
        label=gettext_lazy("When points are spent"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "switch"}),
    )
    tells_points_expiring = forms.BooleanField(
        label=gettext_lazy("Before points expire, 30 days and 7 days ahead"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "switch"}),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def answers(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in KINDS}

    def tell(self, meanwhile: changes.ChangedMeanwhile) -> None:
        """Says who changed what, and keeps what this person chose."""
        data: Any = self.data
        self.data = data = data.copy()  # what was posted is frozen
        data["seen"] = str(changes.count(meanwhile.now))
        for change in meanwhile.changes:
            text = _("%(who)s changed this meanwhile. Saving puts yours in its place.") % {"who": change.author}
            self.add_error(change.field, text)


@role_required(*MANAGERS)
def notifications(request: StaffRequest) -> HttpResponse:
    seen = changes.count(request.business)  # before the values are read, see businesses.look
    now = Business.objects.select_related("program").get(pk=request.business.pk)
    posted = request.POST if request.method == "POST" else None  # empty is an answer too: neither
    form = MessagesForm(posted, initial={name: getattr(now, name) for name in KINDS} | {"seen": seen})
    if request.method == "POST" and form.is_valid() and _save(request, form):
        messages.success(request, _("Saved. It counts from the next purchase on."))
        return redirect("messages")
    sender = texts.sender(business=now)
    context = {
        "kinds": [(form[name], list(_previews(write, sender))) for name, write in KINDS.items()],
        "sender": sender,
        "agreed": consents.count(business_id=now.pk, channel=Channel.SMS),
    }
    return settings_page(request, "customers/notifications.html", "messages", form=form, **context)


def _save(request: StaffRequest, form: MessagesForm) -> bool:
    try:
        changes.apply(
            business_id=request.business.pk,
            values=form.answers(),
            staff=request.staff,
            at=timezone.now(),
            seen=form.cleaned_data["seen"],
        )
    except changes.ChangedMeanwhile as meanwhile:
        form.tell(meanwhile)
        return False
    return True


def _previews(write: Callable[..., str], sender: str) -> Iterator[tuple[str, str]]:
    for language, _name in settings.LANGUAGES:
        more = {"day": format_date(SAMPLE_DAY, "d MMMM", locale=language)} if write is EXPIRING else {}
        yield language, write(language=language, sender=sender, **more)
