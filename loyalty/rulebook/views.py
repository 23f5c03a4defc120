"""The rules by which sales earn: what they say, what a sale would earn, and making, changing and ending them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from businesses import money, shown
from businesses.access import MANAGERS, StaffRequest, role_required
from businesses.models import Program
from businesses.views import settings_page
from loyalty import earning_rules, rules, tier_words, trail
from loyalty.earning import Situation, earn
from loyalty.models import EarningRule, Occasion, Tier
from loyalty.rulebook import words
from loyalty.rulebook.forms import RuleForm, TryOutForm
from loyalty.rules import Rules

ICONS = {"extra": "plus", "multiply": "trending-up", "bonus": "gift", "exclude": "ban"}


@require_safe
@role_required(*MANAGERS)
def rulebook(request: StaffRequest) -> HttpResponse:
    terms, now = _rules(request), timezone.now()
    tried = TryOutForm(request.GET if "amount" in request.GET else None, rules=terms, now=now)
    in_force = EarningRule.objects.of(request.business).order_by("id")
    context = {
        "base": words.base(terms),
        "rows": [_row(rule, terms, now) for rule in in_force],
        "form": tried,
        "tiers": _tiers(request.business.program),
        "result": _result(tried, terms) if tried.is_bound and tried.is_valid() else None,
    }
    return settings_page(request, "rulebook/list.html", "rulebook", **context)


def _tiers(program: Program) -> list[dict[str, str]]:
    """What each asks for and gives. They are the programme's, so that nothing is changed here."""
    return [
        {"name": tier.name, "text": f"{tier_words.asks(tier, program)}. {tier_words.gives(tier)}."}
        for tier in Tier.objects.filter(program=program).order_by("position")
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def new_rule(request: StaffRequest) -> HttpResponse:
    form = RuleForm(request.POST or None, rules=_rules(request))
    if request.method == "POST" and form.is_valid():
        try:
            earning_rules.make(
                program=request.business.program,
                business=request.business,
                values=form.cleaned_data,
                by=request.user,
                at=timezone.now(),
            )
        except earning_rules.TooMany:
            form.add_error(None, _("You have %(most)s rules. End one first.") % {"most": earning_rules.MOST_RULES})
        else:
            return _saved(request)
    return settings_page(request, "rulebook/rule.html", "rulebook", form=form, rule=None)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def edit_rule(request: StaffRequest, rule: UUID) -> HttpResponse:
    found = _own(request, rule)
    form = RuleForm(request.POST or None, rules=_rules(request), rule=found)
    if request.method == "POST" and form.is_valid():
        try:
            earning_rules.change(rule=found, values=form.cleaned_data, by=request.user, at=timezone.now())
        except earning_rules.ChangedMeanwhile:
            return _changed_meanwhile(request)
        return _saved(request)
    return settings_page(request, "rulebook/rule.html", "rulebook", form=form, rule=found)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def end_rule(request: StaffRequest, rule: UUID) -> HttpResponse:
    found = _own(request, rule)
    if request.method == "POST":
        try:
            earning_rules.end(rule=found, by=request.user, at=timezone.now())
        except earning_rules.ChangedMeanwhile:
            return _changed_meanwhile(request)
        messages.success(request, _("Ended. The next purchase earns without it."))
        return redirect("rulebook")
    context = {
        "title": _("End “%(name)s”?") % {"name": found.name},
        "text": _("Purchases until now keep their points. You can make the same rule again at any time."),
        "action": _("End the rule"),
        "back": "rulebook",
    }
    return settings_page(request, "businesses/confirm.html", "rulebook", **context)


def _own(request: StaffRequest, public_id: UUID) -> EarningRule:
    """One of this business, ended ones among them: somebody may just have ended it."""
    return get_object_or_404(request.business.earning_rules, public_id=public_id)


def _saved(request: StaffRequest) -> HttpResponse:
    messages.success(request, _("Saved. It counts from the next purchase on."))
    return redirect("rulebook")


def _changed_meanwhile(request: StaffRequest) -> HttpResponse:
    messages.error(request, _("Somebody has changed or ended this rule meanwhile. This is how the rules stand now."))
    return redirect("rulebook")


def _row(rule: EarningRule, terms: Rules, now: datetime) -> dict[str, Any]:
    today = terms.local(now).date()
    tiers = [terms.tier_name(tier) or "–" for tier in rule.tiers]
    return {
        "rule": rule,
        "icon": ICONS[rule.kind],
        "head": words.head(rule, terms.currency),
        "conditions": "; ".join(words.conditions(rule, terms.currency, tiers)),
        "everywhere": rule.business_id is None,
        "over": rule.ends_on is not None and rule.ends_on < today,
        "to_come": rule.starts_on is not None and rule.starts_on > today,
    }


def _result(form: TryOutForm, terms: Rules) -> dict[str, Any]:
    """What the sale would earn and why, by the same arithmetic as a real one."""
    asked = form.cleaned_data
    tier_id, at = asked.get("tier"), asked["at"].replace(tzinfo=None)
    now = Situation(
        local=at,
        tier_id=tier_id,
        first_purchase=Occasion.FIRST_PURCHASE in asked["occasions"],
        first_in_category=Occasion.FIRST_IN_CATEGORY in asked["occasions"],
        birthday=at.date() if Occasion.BIRTHDAY in asked["occasions"] else None,
    )
    line = {"unit_price": asked["amount"], "category": asked["category"]}
    if asked["discounted"]:
        line |= {"unit_price": asked["amount"] + 1, "discount": 1}
    found = earn(
        amount=asked["amount"],
        terms=terms.terms,
        multipliers=terms.multipliers(tier_id),
        rules=terms.earning,
        situation=now,
        lines=[line],
    )
    said = {
        "amount": money.show_amount(asked["amount"], terms.currency, shown.language()),
        "when": date_format(at, "l, H:i"),
        "tier": terms.tier_name(tier_id) or "",
        "points": shown.number(found.points),
    }
    by_whom = _("A sale of %(amount)s on %(when)s by a %(tier)s customer earns %(points)s points, because:")
    by_anybody = _("A sale of %(amount)s on %(when)s earns %(points)s points, because:")
    return {"said": (by_whom if tier_id else by_anybody) % said, "why": trail.sentences(found.trail, terms)}


def _rules(request: StaffRequest) -> Rules:
    return rules.of(request.business.pk, request.business.program.rules_version)
