"""The web pages that may read a business's data from a browser: named by the owner, one origin a line."""

import re
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses import changes
from businesses.access import StaffRequest, role_required
from businesses.models import Business, BusinessStatus, Role
from businesses.views import settings_page

MOST = 10
LONGEST = 200
HOST = re.compile(r"(?=.{1,190}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
HERE = ("localhost", "127.0.0.1")  # a developer's own machine, which needs no https
USUAL_PORTS = {"https": 443, "http": 80}
LISTED_BY_ANYBODY = r"""
SELECT EXISTS (SELECT FROM businesses_business
 WHERE status = %s::text AND %s::text = ANY (string_to_array(web_origins, E'\n')))"""


class InvalidOrigin(ValueError):
    """The message is the sentence for the form."""


def parse(text: str) -> str:
    """As a browser writes it: https://shop.example, without a path. Raises `InvalidOrigin`."""
    try:
        parts = urlsplit(text.strip().lower())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError as error:  # of hosts and ports that are none, UnicodeError among it
        raise InvalidOrigin(_("“%(text)s” is no address.") % {"text": text[:LONGEST]}) from error
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in HERE)
    more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if not secure or more or not HOST.fullmatch(host):
        sentence = _("Write “%(text)s” as https://, the name and nothing after it. No * is possible.")
        raise InvalidOrigin(sentence % {"text": text[:LONGEST]})
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, USUAL_PORTS[parts.scheme]) else "")


def is_listed(*, business_id: int, origin: str) -> bool:
    listed = Business.objects.values_list("web_origins", flat=True).get(pk=business_id)
    return origin in listed.split("\n")


def is_listed_by_anybody(origin: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(LISTED_BY_ANYBODY, [BusinessStatus.ACTIVE, origin.replace("\0", "")])
        return bool(cursor.fetchone()[0])


class OriginsForm(forms.Form):
    web_origins = forms.CharField(
        label=gettext_lazy("Web pages"),
        required=False,
        max_length=MOST * LONGEST * 2,
        help_text=gettext_lazy("One a line, such as https://shop.example. At most ten."),
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def clean_web_origins(self) -> str:
        errors, found = [], []
        for line in self.cleaned_data["web_origins"].split():
            try:
                found.append(parse(line))
            except InvalidOrigin as error:
                errors.append(ValidationError(str(error)))
        if len(set(found)) > MOST:
            errors.append(ValidationError(_("At most ten.")))
        if errors:
            raise ValidationError(errors)
        return "\n".join(dict.fromkeys(found))

    def tell(self, meanwhile: changes.ChangedMeanwhile) -> None:
        """Says who changed it, and keeps what this person wrote."""
        change = meanwhile.changes[-1]
        self.data = {**self.data, "web_origins": self.data.get("web_origins"), "seen": changes.count(meanwhile.now)}
        text = _("%(who)s changed this from %(before)s to %(now)s. Saving puts yours in its place.")
        said = {"before": ", ".join(change.before.split()) or "–", "now": ", ".join(change.after.split()) or "–"}
        self.add_error("web_origins", text % {"who": change.author, **said})


@role_required(Role.OWNER)
def pages(request: StaffRequest) -> HttpResponse:
    # Counted before the value is read: a change in between is then told needlessly, not overwritten.
    seen = changes.count(request.business)
    request.business.refresh_from_db(fields=["web_origins"])
    now = {"web_origins": request.business.web_origins, "seen": seen}
    form = OriginsForm(request.POST or None, initial=now)
    if request.method == "POST" and form.is_valid():
        values = {"web_origins": form.cleaned_data["web_origins"]}
        by = {"staff": request.staff, "at": timezone.now(), "seen": form.cleaned_data["seen"]}
        try:
            changes.apply(business_id=request.business.pk, values=values, **by)
        except changes.ChangedMeanwhile as meanwhile:
            form.tell(meanwhile)
        else:
            messages.success(request, _("Saved."))
            return redirect("keys")
    return settings_page(request, "businesses/origins.html", "keys", form=form)
