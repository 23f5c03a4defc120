"""How a business looks: choosing its colour and logo, and serving both to every page that shows them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import etag, require_safe

from businesses import brands, changes, colours, pictures
from businesses.access import StaffRequest, role_required
from businesses.models import Business, Logo, Role
from businesses.views import confirm_page, settings_page

FOR_EVER = "public, max-age=31536000, immutable"


class ColourForm(forms.Form):
    brand_colour = forms.CharField(
        label=gettext_lazy("Colour"),
        required=False,
        max_length=16,
        help_text=gettext_lazy("Six digits, such as #9f1239. Leave it empty for our own blue."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "data-colour": True}),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    nearest = ""  # what to offer in the place of a colour that nobody could read on

    def clean_brand_colour(self) -> str:
        text = self.cleaned_data["brand_colour"]
        if not text:
            return ""
        try:
            colour = colours.parse(text)
            colours.ink(colour)
        except colours.InvalidColour as error:
            raise ValidationError(_("Write a colour as # and six digits from 0 to 9 and a to f.")) from error
        except colours.Unreadable as error:
            self.nearest = error.nearest
            text = _("Words on %(colour)s are hard to read. The nearest colour that works is %(nearest)s.")
            raise ValidationError(text % {"colour": colour, "nearest": error.nearest}) from error
        return colour

    def tell(self, meanwhile: changes.ChangedMeanwhile) -> None:
        """Says who changed it, and keeps what this person wrote."""
        change = meanwhile.changes[-1]
        _see(self, meanwhile)
        text = _("%(who)s changed this from %(before)s to %(now)s. Saving puts yours in its place.")
        said = {"before": change.before or "–", "now": change.after or "–"}
        self.add_error("brand_colour", text % {"who": change.author, **said})


class LogoForm(forms.Form):
    logo = forms.FileField(
        label=gettext_lazy("Picture"),
        help_text=gettext_lazy("PNG, JPEG or WebP, best a square, at most 10 MB."),
        error_messages={
            "required": gettext_lazy("Choose a picture first."),
            "empty": gettext_lazy("This file is empty. Choose another one."),
        },
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def clean_logo(self) -> bytes:
        try:
            return pictures.logo(self.cleaned_data["logo"])
        except pictures.NotAPicture as error:
            raise ValidationError(str(error)) from error

    def tell(self, meanwhile: changes.ChangedMeanwhile) -> None:
        _see(self, meanwhile)
        text = _("%(who)s changed the logo while you had this page open. Choose your picture again to replace it.")
        self.add_error("logo", text % {"who": meanwhile.changes[-1].author})


@role_required(Role.OWNER)
def look(request: StaffRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    form = ColourForm(request.POST, auto_id="colour_%s")
    if form.is_valid():
        try:
            changes.apply(
                business_id=request.business.pk,
                values={"brand_colour": form.cleaned_data["brand_colour"]},
                staff=request.staff,
                at=timezone.now(),
                seen=form.cleaned_data["seen"],
            )
        except changes.ChangedMeanwhile as meanwhile:
            form.tell(meanwhile)
        else:
            messages.success(request, _("Saved."))
            return redirect("look")
    return _page(request, colour_form=form)


@role_required(Role.OWNER)
def logo(request: StaffRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    form = LogoForm(request.POST, request.FILES, auto_id="logo_%s")
    if form.is_valid():
        try:
            brands.change_logo(
                business_id=request.business.pk,
                picture=form.cleaned_data["logo"],
                staff=request.staff,
                at=timezone.now(),
                seen=form.cleaned_data["seen"],
            )
        except changes.ChangedMeanwhile as meanwhile:
            form.tell(meanwhile)
        else:
            messages.success(request, _("Your logo is in place."))
            return redirect("look")
    return _page(request, logo_form=form)


@role_required(Role.OWNER)
def remove_logo(request: StaffRequest) -> HttpResponse:
    if request.method == "POST":
        brands.change_logo(business_id=request.business.pk, picture=None, staff=request.staff, at=timezone.now())
        messages.success(request, _("The logo is gone. The first letter of your name stands in its place."))
        return redirect("look")
    return confirm_page(
        request,
        "look",
        title=_("Remove the logo?"),
        text=_("The first letter of your name stands in its place, here and on your customers’ pages."),
        action=_("Remove"),
    )


@require_safe
def style(request: HttpRequest, colour: str) -> HttpResponse:
    """A colour as our components wear it. It is all in the address, so browsers keep it for ever.

    What nobody could read on leads to the nearest that works: the preview of a colour asks for it.
    """
    try:
        text = colours.style(colours.parse(colour))
    except colours.InvalidColour as error:
        raise Http404 from error
    except colours.Unreadable as error:
        return redirect("brand-style", error.nearest.removeprefix("#"))
    return HttpResponse(text, content_type="text/css", headers={"Cache-Control": FOR_EVER})


@require_safe
@etag(lambda request, digest: f'"{digest}"')
def logo_picture(request: HttpRequest, digest: str) -> HttpResponse:
    """A logo by what is in it: a changed one has another address."""
    row = get_object_or_404(Logo.objects.filter(digest=digest).order_by("pk")[:1])
    return HttpResponse(bytes(row.picture), content_type="image/webp", headers={"Cache-Control": FOR_EVER})


def _see(form: forms.Form, meanwhile: changes.ChangedMeanwhile) -> None:
    """The form, shown again, counts from what its author is told now."""
    data: Any = form.data
    form.data = data = data.copy()  # what was posted is frozen
    data["seen"] = str(changes.count(meanwhile.now))


def _page(request: StaffRequest, **forms_shown: Any) -> HttpResponse:
    # Counted before the values are read: a change in between is then told needlessly, not overwritten.
    seen = changes.count(request.business)
    now = Business.objects.get(pk=request.business.pk)
    context: dict[str, Any] = {
        "colour_form": ColourForm(initial={"brand_colour": now.brand_colour, "seen": seen}, auto_id="colour_%s"),
        "logo_form": LogoForm(initial={"seen": seen}, auto_id="logo_%s"),
        "picture": now.logo_url,
        "why_blue": brands.why_blue(request.business),
        "mistaken": bool(forms_shown),
    }
    context |= forms_shown
    return settings_page(request, "businesses/look.html", "look", **context)
