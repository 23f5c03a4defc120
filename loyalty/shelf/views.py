"""The rewards of a business: the list, adding, changing, ending; and serving their pictures."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import etag, require_http_methods, require_safe

from businesses import changes, shown
from businesses.access import MANAGERS, StaffRequest, role_required
from businesses.look import FOR_EVER
from loyalty import rewards
from loyalty.models import LimitPeriod, Reward, RewardPicture
from loyalty.shelf.forms import RewardForm


@require_safe
@role_required(*MANAGERS)
def shelf(request: StaffRequest) -> HttpResponse:
    offered = Reward.objects.of(request.business).select_related("tier").order_by("points", "id")
    return _page(request, "rewards/list.html", rows=[_row(row) for row in offered])


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def new_reward(request: StaffRequest) -> HttpResponse:
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        try:
            made = rewards.make(program=request.business.program, business=request.business, values=form.values())
        except rewards.TooMany:
            form.add_error(None, _("You have %(most)s rewards. End one first.") % {"most": rewards.MOST_REWARDS})
        else:
            return _saved(request, made, form)
    return _page(request, "rewards/reward.html", form=form, reward=None)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def edit_reward(request: StaffRequest, reward: UUID) -> HttpResponse:
    found = _own(request, reward)
    form = _form(request, found)
    if request.method == "POST" and form.is_valid():
        try:
            rewards.change(
                reward=found,
                values=form.values(),
                at=timezone.now(),
                staff=request.staff,
                seen=form.cleaned_data["seen"],
            )
        except rewards.FewerThanClaimed:
            form.too_few()
        except changes.Newer as meanwhile:
            form.tell([_change(row)["what"] for row in meanwhile.changes], seen=found.changes.count())
        else:
            return _saved(request, found, form)
    last = found.changes.select_related("staff__user", "operator").order_by("-id")[:5]
    return _page(request, "rewards/reward.html", form=form, reward=found, changes=[_change(row) for row in last])


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def remove_picture(request: StaffRequest, reward: UUID) -> HttpResponse:
    found = _own(request, reward)
    if request.method == "POST":
        rewards.set_picture(reward=found, picture=None, at=timezone.now(), staff=request.staff)
        messages.success(request, _("The picture is gone. The sign stands in its place."))
        return redirect("reward", found.public_id)
    return _page(
        request,
        "rewards/confirm.html",
        title=_("Remove the picture?"),
        text=_("The sign stands in its place."),
        action=_("Remove"),
        reward=found,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def end_reward(request: StaffRequest, reward: UUID) -> HttpResponse:
    found = _own(request, reward)
    if request.method == "POST":
        rewards.archive(reward=found, at=timezone.now(), staff=request.staff)
        messages.success(request, _("Ended. Nobody can choose it any more."))
        return redirect("rewards")
    return _page(
        request,
        "rewards/confirm.html",
        title=_("End “%(name)s”?") % {"name": found.name},
        text=_("Nobody can choose it any more. What is held for somebody may still be collected, and its claims stay."),
        action=_("End the reward"),
        reward=found,
    )


@require_safe
@etag(lambda request, digest: f'"{digest}"')
def picture(request: HttpRequest, digest: str) -> HttpResponse:
    """By what is in it: a changed one has another address."""
    row = get_object_or_404(RewardPicture.objects.filter(digest=digest).order_by("pk")[:1])
    return HttpResponse(bytes(row.picture), content_type="image/webp", headers={"Cache-Control": FOR_EVER})


def _own(request: StaffRequest, public_id: UUID) -> Reward:
    """One of this business that is still offered; those of the programme are the operator's."""
    return get_object_or_404(request.business.rewards.filter(archived_at=None), public_id=public_id)


def _form(request: StaffRequest, reward: Reward | None = None) -> RewardForm:
    files = request.FILES if request.method == "POST" else None
    return RewardForm(request.POST or None, files, program_id=request.business.program_id, reward=reward)


def _saved(request: StaffRequest, reward: Reward, form: RewardForm) -> HttpResponse:
    if form.cleaned_data.get("picture"):
        rewards.set_picture(reward=reward, picture=form.cleaned_data["picture"], at=timezone.now(), staff=request.staff)
    messages.success(request, _("Saved. It is offered from now on."))
    return redirect("rewards")


def _row(reward: Reward) -> dict[str, Any]:
    points = ngettext("%(points)s point", "%(points)s points", reward.points) % {"points": shown.number(reward.points)}
    claimed = ngettext("claimed %(count)s time", "claimed %(count)s times", reward.claimed) % {
        "count": shown.number(reward.claimed)
    }
    left = "" if reward.left is None else _("%(left)s left") % {"left": shown.number(reward.left)}
    parts = (points, claimed, left, *_conditions(reward))
    return {"reward": reward, "text": " · ".join(filter(None, parts)), "gone": reward.left == 0}


def _conditions(reward: Reward) -> list[str]:
    said = []
    if reward.limit_per_customer:
        period = LimitPeriod(reward.limit_period).label
        said.append(
            _("at most %(most)s %(period)s for each")
            % {"most": shown.number(reward.limit_per_customer), "period": period}
        )
    if reward.tier:
        said.append(_("from %(tier)s on") % {"tier": reward.tier.name})
    if reward.starts_on:
        said.append(_("from %(day)s") % {"day": shown.full_day(reward.starts_on)})
    if reward.ends_on:
        said.append(_("until %(day)s") % {"day": shown.full_day(reward.ends_on)})
    return said


def _change(row: Any) -> dict[str, str]:
    field = Reward._meta.get_field(row.field)
    author = row.staff.user.full_name if row.staff else _("The programme’s operator")
    name = str(getattr(field, "verbose_name", row.field))
    if row.field == "picture_digest":
        said = _("another picture")
        return {"what": f"{author}: {said}"}
    return {"what": f"{author}: {name}: {row.before or '–'} → {row.after or '–'}"}


def _page(request: StaffRequest, template: str, **context: Any) -> HttpResponse:
    form = context.get("form")
    status = 422 if form is not None and form.errors else 200
    return render(request, template, {"active": "rewards", **context}, status=status)
