"""Whom customers have brought to a business: the list, completing and rejecting by hand, and what it was worth."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from businesses import paging, shown
from businesses.access import MANAGERS, StaffRequest, role_required
from customers import people, registry
from loyalty.models import Wallet
from referrals import bringing, codes, completing, figures, running, taking_part, words
from referrals.bringing import NotBrought
from referrals.completing import NotPending, TooManyPoints
from referrals.keeping.forms import BringForm, CompleteForm, RejectForm
from referrals.models import Award, AwardState, Referral, ReferralTerms, Source, State

PAGE = 25
TONES = {State.COMPLETED: "ok", State.REJECTED: "", State.PENDING: "soft"}


@require_safe
@role_required(*MANAGERS)
def referrals(request: StaffRequest) -> HttpResponse:
    at, asked = timezone.now(), request.GET.get("state", "")
    state = asked if asked in State.values else ""
    visible = Referral.objects.of(request.business)
    found = (visible.in_state(state, at) if state else visible).order_by("-pk")
    page = paging.page(found, request.GET.get("page"), size=PAGE, state=state)
    terms = _terms(request)
    context = page | {
        "terms": terms,
        "promised": terms and words.promised(terms),
        "condition": terms and words.condition(terms, request.business.program.currency),
        "confidential": request.business.confidential,
        "part": running.takes_part(request.business),
        "stats": _stats(request),
        "tabs": _tabs(state),
        "state": state,
        "referrals": _rows(request, list(page["rows"]), at),
    }
    return _page(request, "referrals/list.html", **context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def new(request: StaffRequest) -> HttpResponse:
    """By hand: a new customer who says who sent them."""
    if not _may(request):
        raise Http404
    form = BringForm(request.POST or None, country=request.business.country)
    if request.method == "POST" and form.is_valid():
        try:
            _bring(request, form.cleaned_data["friend"], form.cleaned_data["inviter"])
        except codes.UnknownInviter:
            form.add_error("inviter", words.refusal("unknown_inviter"))
        except NotBrought as refused:
            form.add_error("friend", words.refusal(refused.code))
        else:
            messages.success(request, _("Noted. Their first purchase completes it."))
            return redirect("referrals")
    return _page(request, "referrals/new.html", form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def complete(request: StaffRequest, referral: UUID) -> HttpResponse:
    found, terms = _own(request, referral), _terms(request)
    if terms is None or not _may(request):
        raise Http404
    form = CompleteForm(request.POST if request.method == "POST" else None, terms=terms)
    if request.method == "POST" and form.is_valid():
        points = form.cleaned_data["points"]

        def does(at: datetime) -> None:
            completing.by_staff(referral=found, business=request.business, points=points, staff=request.staff, at=at)

        if (answer := _done(request, does, form, _("Completed. Both have been thanked."))) is not None:
            return answer
    return _page(request, "referrals/complete.html", form=form, promised=words.promised(terms), **_one(request, found))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def reject(request: StaffRequest, referral: UUID) -> HttpResponse:
    found = _own(request, referral)
    form = RejectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        note = form.cleaned_data["note"]

        def does(at: datetime) -> None:
            completing.reject(referral=found, note=note, staff=request.staff, at=at)

        if (answer := _done(request, does, form, _("Rejected. Nobody gets anything for it."))) is not None:
            return answer
    return _page(request, "referrals/reject.html", form=form, **_one(request, found))


@require_POST
@role_required(*MANAGERS)
def part(request: StaffRequest) -> HttpResponse:
    """Takes part, or not: the form says which, so that a press sent twice does the same."""
    wanted = request.POST.get("part") == "yes"
    taking_part.change(business=request.business, wanted=wanted, staff=request.staff, at=timezone.now())
    messages.success(request, _("Purchases here complete referrals.") if wanted else _("Purchases here complete none."))
    return redirect("referrals")


def _done(request: StaffRequest, does: Callable[[datetime], None], form: Any, said: str) -> HttpResponse | None:
    """Where to after it; None where the form has to tell why not."""
    try:
        does(timezone.now())
    except NotPending as before:
        state = before.referral.state_at(timezone.now())
        messages.warning(request, _("It is %(state)s already. Nothing was changed.") % {"state": state.label.lower()})
    except TooManyPoints as many:
        form.add_error("points", _("At most %(most)s points.") % {"most": shown.number(many.most)})
        return None
    except NotBrought as refused:
        form.add_error(None, words.refusal(refused.code))
        return None
    else:
        messages.success(request, said)
    return redirect("referrals")


def _bring(request: StaffRequest, friend: str, inviter: str) -> None:
    program_id = request.business.program_id
    inviter_id = codes.inviter(program_id=program_id, typed=inviter, country=request.business.country)
    bringing.bring(
        program_id=program_id,
        inviter_id=inviter_id,
        friend_id=registry.enrol(business_id=request.business.pk, phone=friend, external_id=None),
        source=Source.COUNTER,
        business=request.business,
        staff=request.staff,
        at=timezone.now(),
    )


def _terms(request: StaffRequest) -> ReferralTerms | None:
    terms = ReferralTerms.objects.filter(program=request.business.program_id, is_on=True)
    return terms.select_related("inviter_offer", "friend_offer").first()


def _may(request: StaffRequest) -> bool:
    return _terms(request) is not None and running.takes_part(request.business)


def _own(request: StaffRequest, public_id: UUID) -> Referral:
    return get_object_or_404(Referral.objects.of(request.business), public_id=public_id)


def _stats(request: StaffRequest) -> list[dict[str, str]]:
    told = figures.of(business=request.business)
    return [
        {"label": _("Invited"), "value": shown.number(told.invited)},
        {"label": _("Completed here"), "value": shown.number(told.completed)},
        {
            "label": _("Bought here by those who were brought"),
            "value": words.money(told.revenue, request.business.program.currency),
        },
    ]


def _tabs(state: str) -> list[dict[str, Any]]:
    home = reverse("referrals")
    offered = [("", _("All")), *State.choices]
    return [
        {"url": f"{home}?state={value}" if value else home, "label": label, "current": value == state}
        for value, label in offered
    ]


def _rows(request: StaffRequest, found: list[Referral], at: datetime) -> list[dict[str, Any]]:
    ids = {each.inviter_id for each in found} | {each.friend_id for each in found}
    # Many are customers of others of the programme: no whole name, no phone.
    persons = people.on_screen(program_id=request.business.program_id, customer_ids=ids)
    wallets = Wallet.objects.filter(program=request.business.program_id, customer__in=ids)
    members = dict(wallets.values_list("customer", "public_id"))
    given = _given(found)
    return [
        {
            "referral": each,
            "friend": persons[each.friend_id],
            "friend_url": _customer_url(members.get(each.friend_id)),
            "inviter": persons[each.inviter_id],
            "inviter_url": _customer_url(members.get(each.inviter_id)),
            "when": shown.day(each.made_at.date(), at),
            "source": each.get_source_display(),
            "state": each.state_at(at).label,
            "tone": TONES[each.state_at(at)],
            "pending": each.state_at(at) == State.PENDING,
            "why": words.why_rejected(each) if each.state_at(at) == State.REJECTED else given.get(each.pk, ""),
        }
        for each in found
    ]


def _given(found: list[Referral]) -> dict[int, str]:
    """The points that a completed one brought to each side."""
    standing = Award.objects.filter(referral__in=found, state__in=[AwardState.DUE, AwardState.GIVEN], points__gt=0)
    sides: dict[int, dict[str, int]] = {}
    for referral, side, points in standing.values_list("referral", "side", "points"):
        sides.setdefault(referral, {})[side] = points
    return {pk: words.both(each.get("friend", 0), each.get("inviter", 0)) for pk, each in sides.items()}


def _customer_url(member: UUID | None) -> str:
    return reverse("customer", args=[member]) if member else ""


def _one(request: StaffRequest, found: Referral) -> dict[str, Any]:
    return {"row": _rows(request, [found], timezone.now())[0]}


def _page(request: StaffRequest, template: str, **context: Any) -> HttpResponse:
    form = context.get("form")
    status = 422 if form is not None and form.errors else 200
    return render(request, template, {"active": "promotions", **context}, status=status)
