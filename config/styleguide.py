"""The style guide: every component in every state, and whole screens made from them, with invented people.

Open to superadmins, and to everybody while DEBUG is on. A stranger gets 404.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import qrcode
import qrcode.image.svg
from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from businesses import charts
from businesses.finder import Finder
from config.front import scene

BUSINESS = {"name": "Nar Coffee"}
BRANCH = {"name": "Nizami street"}
LONG_NAME = "Абдурахманова-Константинопольская Ширинбəйим " * 4 + "Əliağabəyli-Şıxəliyeva"

PEOPLE = [
    {"initials": "AM", "name": "Aysel M.", "detail": "1,240 pts · 3 days ago"},
    {"initials": "OQ", "name": "Orxan Q.", "detail": "385 pts · yesterday"},
    {"initials": "LH", "name": "Leyla H.", "detail": "90 pts · 2 weeks ago"},
    {"initials": "RƏ", "name": "Rauf Ə.", "detail": "720 pts · last month"},
    {"initials": "NR", "name": "Nigar R.", "detail": "2,110 pts · today"},
    {"initials": "Eİ", "name": "Elvin İ.", "detail": "45 pts · today"},
    {"initials": "ДО", "name": "Дмитрий О.", "detail": "510 pts · 2 days ago"},
    {"initials": "TM", "name": "Tendai M.", "detail": "160 pts · last week"},
]
AYSEL = {
    "initials": "AM", "name": "Aysel M.", "phone": "+994 50 ••• •• 67",
    "tier": "Gold", "tone": "gold", "multiplier": "×1.5", "points": "1,240",
    "visits": "47", "last_seen": "3 days ago", "goal_value": 1240, "goal_max": 1500,
    "goal_text": mark_safe("<b>260</b> points to a free breakfast"),
}  # fmt: skip
AYSEL_AFTER = AYSEL | {
    "points": "1,277", "visits": "48", "last_seen": "just now", "goal_value": 1277,
    "goal_text": mark_safe("<b>223</b> points to a free breakfast"),
}  # fmt: skip
LEYLA = {
    "initials": "LH", "name": "Leyla H.", "phone": "+994 70 ••• •• 43", "tier": "Member", "points": "90",
    "visits": "3", "last_seen": "2 weeks ago", "goal_value": 90, "goal_max": 500,
    "goal_text": mark_safe("<b>410</b> points to a free breakfast"),
}  # fmt: skip
ACTIVITY = [
    {"initials": "OQ", "name": "Orxan Q.", "detail": "14.40 ₼ · 14:49", "points": "+18", "earned": True},
    {"initials": "RƏ", "name": "Rauf Ə.", "detail": "Free espresso · 14:42", "points": "−300"},
    {"initials": "LH", "name": "Leyla H.", "detail": "9.20 ₼ · 14:35", "points": "+9", "earned": True},
    {"initials": "RƏ", "name": "Rauf Ə.", "detail": "24.80 ₼ · 14:28", "points": "+31", "earned": True},
    {"initials": "AM", "name": "Aysel M.", "detail": "14.90 ₼ · 14:21", "points": "+22", "earned": True},
]
JUST_NOW = {"initials": "AM", "name": "Aysel M.", "detail": "24.80 ₼ · 15:32", "points": "+37", "earned": True}
REWARDS = [
    {"icon": "coffee", "title": "Free flat white", "detail": "500 points"},
    {"icon": "tag", "title": "−20% on any cake", "detail": "Coupon · until 30 Nov"},
]
STATES = {
    "idle": {"stats": ("42", "1,186"), "activity": ACTIVITY},
    "customer": {"customer": AYSEL, "rewards": REWARDS, "stats": ("42", "1,186"), "activity": ACTIVITY},
    "done": {
        "customer": AYSEL_AFTER,
        "rewards": REWARDS,
        "stats": ("43", "1,223"),
        "activity": [JUST_NOW | {"undo_url": "#"}, *ACTIVITY],
    },
    "unknown": {"stats": ("42", "1,186"), "activity": [JUST_NOW | {"undone": True}, *ACTIVITY]},
    "error": {"customer": LEYLA, "stats": ("42", "1,186"), "activity": [JUST_NOW | {"undone": True}, *ACTIVITY]},
}


FINDER = Finder(
    none="None in particular",
    all=1600,
    offered=[("1", "Nizami 2 · Bakı"), ("2", "Nizami 10 · Bakı"), ("3", LONG_NAME)],
    many=True,
    sought="nizami",
    more=7,
)
FIRST_STEPS = {
    "steps": [
        {"done": True, "title": "Make the first sale", "text": "", "url": ""},
        {"done": False, "title": "Invite your staff", "text": "They get a letter with a link.", "url": "#lists"},
        {"done": False, "title": "Choose your look", "text": LONG_NAME, "url": "#lists"},
    ],
    "poster_url": "#lists",
}
MISTAKES = {"name": "", "email": "not an address", "category": "cafe", "opened_on": "yesterday", "rounding": "down"}
POINTS_BY_DAY = [760, 830, 620, 1260, 920, 1010, 675, 610, 590, 540, 930, 1080, 1460, 815]


class SampleForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(label=_("Name"), help_text=_("As your customers see it."))
    email = forms.EmailField(label=_("E-mail"))
    category = forms.ChoiceField(label=_("Category"), choices=[("cafe", _("Café")), ("bakery", _("Bakery"))])
    opened_on = forms.DateField(label=_("Opened on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    logo = forms.FileField(label=_("Logo"), required=False)
    about = forms.CharField(label=_("About"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    rounding = forms.ChoiceField(
        label=_("Rounding"), widget=forms.RadioSelect, choices=[("down", _("down")), ("half_up", _("half up"))]
    )
    terms = forms.BooleanField(label=_("I have read the terms"))
    letters = forms.BooleanField(
        label=_("Write to me every month"), required=False, widget=forms.CheckboxInput(attrs={"class": "switch"})
    )


def for_staff(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (settings.DEBUG or request.user.is_staff):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@for_staff
def components(request: HttpRequest) -> HttpResponse:
    context = {
        "business": BUSINESS,
        "branch": BRANCH,
        "form": SampleForm(),
        "wrong_form": SampleForm(MISTAKES, auto_id="wrong_%s"),
        "customer": AYSEL,
        "plain_customer": LEYLA,
        "people": PEOPLE[:4],
        "rewards": REWARDS,
        "consent": {
            "title": "More than 500 points need the customer’s word.",
            "sent": "A code is on its way to ••• 45 67.",
            "errors": ["That code has expired. Ask for a new one."],
        },
        "activity": [JUST_NOW | {"undo_url": "#"}, ACTIVITY[1], JUST_NOW | {"undone": True}],
        "stats": day_stats("42", "1,186"),
        "tabs": [{"label": _("Customers"), "url": "#tabs", "current": True}, {"label": _("Segments"), "url": "#tabs"}],
        "qr": qr_svg(),
        "scene": scene(),
        "long_name": LONG_NAME,
        "finder": FINDER,
        "first": FIRST_STEPS,
        "code_errors": ["That code has expired. Ask for a new one."],
        "colours": ["canvas", "surface", "sunken", "line", "ink", "secondary", "action", "soft", "ok", "warn", "bad"],
        "chart": charts.columns(
            [(f"{day} Nov", f"{day} Nov" if day % 6 == 1 else "", given) for day, given in enumerate(POINTS_BY_DAY, 7)]
        ),
        "sample_logins": [{"role": "owner", "business": "Nar Coffee", "email": "o@nar.example", "password": "…"}],
    }
    return render(request, "styleguide/components.html", context)


@for_staff
def counter(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "idle")
    if state not in STATES:
        raise Http404
    screen = STATES[state]
    context = {
        "business": BUSINESS,
        "branch": BRANCH,
        "active": "counter",
        "state": state,
        "people": PEOPLE,
        **screen,
        "stats": day_stats(*screen["stats"]),
    }
    return render(request, "styleguide/counter.html", context)


@for_staff
def points(request: HttpRequest) -> HttpResponse:
    recent = [
        {"name": "Nar Coffee", "detail": "24.80 ₼ · 20 Nov", "points": "+37", "earned": True},
        {"name": "Free espresso", "detail": "18 Nov", "points": "−300"},
    ]
    return render(request, "styleguide/points.html", {"business": BUSINESS, "qr": qr_svg(), "recent": recent})


@for_staff
def code(request: HttpRequest) -> HttpResponse:
    return render(request, "styleguide/code.html", {"business": BUSINESS})


def day_stats(customers: str, given: str) -> list[dict[str, Any]]:
    return [
        {"label": _("Customers"), "value": customers},
        {"label": _("Points given"), "value": given},
        {"label": _("Sales"), "value": "1,204.60", "unit": "₼"},
    ]


def qr_svg() -> str:
    """Safe: drawn here, from words of our own."""
    code = qrcode.make("https://regulars.example/c/7fK2", image_factory=qrcode.image.svg.SvgPathImage, border=0)
    return mark_safe(code.to_string(encoding="unicode"))  # noqa: S308
