"""An experiment in words and pictures."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal, format_percent
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from businesses import charts, money, paging, shown
from businesses.models import Business
from customers import people
from loyalty.churn import scoring
from loyalty.models import Wallet
from promotions import words
from promotions.models import Experiment, Nudge, State
from promotions.nudging import drawing, results, wording
from promotions.nudging.results import Group, Results, Verdict
from promotions.nudging.statistics import Difference

PAGE = 20
MOST_COUNTED = 1_000
TONES = {State.USED: "ok", State.NOT_SENT: "bad"}


def page(experiment: Experiment, *, at: datetime, number: str | None) -> dict[str, Any]:
    """The context of templates/nudges/results.html."""
    business, found = experiment.business, results.of(experiment)
    nudges = Nudge.objects.filter(assignment__experiment=experiment).with_state(at).order_by("-pk")
    paged = paging.page(nudges.select_related("assignment"), number, size=PAGE)
    return {
        "experiment": experiment,
        "sentence": sentence(experiment),
        "stands_still": stands_still(experiment, at) if experiment.ended_at is None else "",
        "since": _dates(experiment),
        "verdict": verdict(found),
        "tone": {Verdict.WORKS: "success", Verdict.HARMS: "error"}.get(found.verdict, ""),
        "uneven": found.is_uneven,
        "groups": [
            _group(_("Written to"), found.treated, business.program.currency),
            _group(_("Heard nothing"), found.control, business.program.currency),
        ],
        "stats": _stats(found, business.program.currency),
        "path": _path(experiment, at),
        "nudges": _rows(list(paged["rows"]), business, at),
        "pages": paged,
    }


def sentence(experiment: Experiment) -> str:
    """All of the terms, saved or not."""
    offer, days = experiment.offer, experiment.horizon_days
    said = {"chance": percent(experiment.threshold_percent / 100)}
    if offer:
        said |= {"offer": offer.name, "gives": words.head(offer, experiment.business.program.currency)}
        who = _(
            "Who stays away for longer than is usual for them, with a chance of %(chance)s or more of not returning,"
            " gets a coupon “%(offer)s” (%(gives)s): by text message by day, or on screen where they sign in."
        )
    else:
        who = _(
            "Who stays away for longer than is usual for them, with a chance of %(chance)s or more of not returning,"
            " gets a message: as a text message by day, or on screen where they sign in."
        )
    control = ngettext(
        "%(count)s of 100 hears nothing.", "%(count)s of 100 hear nothing.", experiment.control_percent
    ) % {"count": experiment.control_percent}
    when = ngettext(
        "After %(days)s day it is counted who came.", "After %(days)s days it is counted who came.", days
    ) % {"days": days}
    most = ngettext(
        "At most %(count)s customer a day.", "At most %(count)s customers a day.", experiment.most_a_day
    ) % {"count": shown.number(experiment.most_a_day)}
    return f"{who % said} {control} {when} {most}"


def tonight(experiment: Experiment, at: datetime) -> str:
    """How many such terms would reach, had they been saved."""
    if scoring.newest(business_id=experiment.business_id) is None:
        return _("So far too little is known of your customers: it begins with 30 of them, 10 of whom came back.")
    count = drawing.eligible(experiment=experiment, at=at, most=MOST_COUNTED)
    if count == MOST_COUNTED:
        return _("Today that is more than %(count)s customers.") % {"count": shown.number(count)}
    text = ngettext("Today that is %(count)s customer.", "Today that is %(count)s customers.", count)
    return text % {"count": shown.number(count)}


def sample(experiment: Experiment, at: datetime) -> str:
    """The message of the business's language, as it might read."""
    offer = experiment.offer.name if experiment.offer else ""
    text = experiment.texts.get(experiment.business.language, "")
    return wording.sample(text, business=experiment.business, offer=offer, at=at)


def stands_still(experiment: Experiment, at: datetime) -> str:
    """Why nobody is drawn now, if so."""
    if scoring.newest(business_id=experiment.business_id) is None:
        return _("So far too little is known of your customers: it begins with 30 of them, 10 of whom came back.")
    if not drawing.gives(experiment, at):
        return _("Its offer gives nothing any more: nobody is asked until you choose another one.")
    return ""


def verdict(found: Results) -> str:
    uplift = found.uplift
    if found.verdict == Verdict.NOT_YET or uplift is None:
        text = ngettext(
            "Not enough data yet: about %(count)s more customer whose time is over.",
            "Not enough data yet: about %(count)s more customers whose time is over.",
            found.missing,
        )
        return text % {"count": shown.number(_rounded(found.missing))}
    if found.verdict == Verdict.NO_DIFFERENCE:
        return _("No difference worth the effort: enough customers were measured, and as many came without a message.")
    said = {
        "treated": percent(found.treated.share.value),
        "control": percent(found.control.share.value),
        "points": interval(uplift),
    }
    if found.verdict == Verdict.WORKS:
        return (
            _("It works: %(treated)s of those written to came back, and %(control)s of the others. %(points)s") % said
        )
    return (
        _("It does harm: %(treated)s of those written to came back, and %(control)s of the others. %(points)s") % said
    )


def interval(of: Difference) -> str:
    """In percentage points, of which a hundred are everybody."""
    words_ = _("A difference of %(points)s percentage points; between %(low)s and %(high)s in 95 of 100 cases.")
    return words_ % {"points": _points(of.value), "low": _points(of.low), "high": _points(of.high)}


def percent(share: float) -> str:
    return str(format_percent(share, "#,##0.#%", locale=shown.language()))


def _points(share: float) -> str:
    return str(format_decimal(100 * share, "+0.0;-0.0", locale=shown.language())).replace("-", shown.MINUS)


def _rounded(count: int) -> int:
    """To two figures: it is a guess."""
    power: int = 10 ** max(len(str(count)) - 2, 0)
    return -(-count // power) * power


def _dates(experiment: Experiment) -> str:
    zone = ZoneInfo(experiment.business.time_zone)
    begun = shown.short_day(experiment.begun_at.astimezone(zone).date())
    if experiment.ended_at is None:
        return _("since %(day)s") % {"day": begun}
    ended = shown.short_day(experiment.ended_at.astimezone(zone).date())
    return f"{begun} – {ended}"


def _group(name: str, group: Group, currency: str) -> dict[str, str]:
    known = bool(group.measured)
    return {
        "name": name,
        "drawn": shown.number(group.drawn),
        "measured": shown.number(group.measured),
        "returned": shown.number(group.share.hits),
        "share": percent(group.share.value) if known else "–",
        "revenue": money.show_amount(_decimal(group.revenue.mean), currency, shown.language()) if known else "–",
    }


def _stats(found: Results, currency: str) -> list[dict[str, str]]:
    def amount(value: float) -> str:
        return money.show_amount(_decimal(value), currency, shown.language())

    uplift, revenue = found.uplift, found.revenue
    brought = "–" if found.incremental is None else shown.number(round(found.incremental))
    return [
        {
            "label": _("Difference, in percentage points"),
            "value": _points(uplift.value) if uplift else "–",
            "unit": f"{_points(uplift.low)} … {_points(uplift.high)}" if uplift else "",
        },
        {"label": _("Came because of it"), "value": brought, "unit": ""},
        {
            "label": _("More spent by each"),
            "value": amount(revenue.value) if revenue else "–",
            "unit": f"{amount(revenue.low)} … {amount(revenue.high)}" if revenue else "",
        },
    ]


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 3)))


def _path(experiment: Experiment, at: datetime) -> dict[str, Any]:
    found = results.path(experiment, at)
    steps = [
        (_("Made"), found.made),
        (_("Sent"), found.sent),
        (_("Delivered"), found.delivered),
        (_("Viewed"), found.viewed),
        (pgettext("message", "Used"), found.used),
    ]
    ends = [
        {"label": _("Not wanted"), "value": shown.number(found.dismissed)},
        {"label": pgettext("message", "Expired"), "value": shown.number(found.expired)},
        {"label": _("Not sent"), "value": shown.number(found.not_sent)},
    ]
    return {"chart": charts.columns([(name, name, count) for name, count in steps]), "ends": ends, "made": found.made}


def _rows(nudges: list[Any], business: Business, at: datetime) -> list[dict[str, Any]]:
    ids = [nudge.customer_id for nudge in nudges]
    persons = people.in_lists(program_id=business.program_id, customer_ids=ids)
    wallets = Wallet.objects.filter(program_id=business.program_id, customer_id__in=ids)
    public = dict(wallets.values_list("customer_id", "public_id"))
    zone = ZoneInfo(business.time_zone)
    return [
        {
            "name": persons[nudge.customer_id].name,
            "url": reverse("customer", args=[public[nudge.customer_id]]),
            "chance": percent(round(nudge.assignment.churn, 2)),
            "day": shown.day(nudge.due_at.astimezone(zone).date(), at),
            "shown": nudge.get_shown_display(),
            "state": State(nudge.state).label,
            "tone": TONES.get(State(nudge.state), ""),
        }
        for nudge in nudges
    ]
