"""Who works at a business: invited by letter, given a role, ended. Only owners manage owners, and one always stays."""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from businesses import alphabet, meanwhile
from businesses.models import GONE, Branch, Business, Invitation, Role, Staff, User

INVITATION_LASTS = timedelta(days=7)
MANAGED_BY = {
    Role.OWNER: frozenset(Role),
    Role.MANAGER: frozenset({Role.MANAGER, Role.CASHIER}),
    Role.CASHIER: frozenset[Role](),
}


class NotAllowed(PermissionError):
    """This role does not manage that one."""


class LastOwner(ValueError):
    """A business without an owner could not be given one again."""


class AlreadyStaff(ValueError):
    """They work here already."""


class InvitationGone(ValueError):
    """Used, withdrawn, or older than it may be."""


class OtherAddress(PermissionError):
    """The invitation is for somebody with another e-mail address."""


def listed(*, business: Business, sought: str = "") -> list[int]:
    """Ids of all who work or worked here and have these words in name, address or usual branch.

    Owners, managers, cashiers, each by name; then those who left, the last one first.
    """
    columns = ("pk", "role", "ended_at", "user__first_name", "user__last_name", "user__email", "branch__name")
    rows = [
        (pk, role, ended_at, " ".join(filter(None, (first, last))) or email, f"{email} {branch or ''}")
        for pk, role, ended_at, first, last, email, branch in business.staff.values_list(*columns)
    ]
    found = [row for row in rows if alphabet.holds(f"{row[3]} {row[4]}", sought)]

    def place(row: Any) -> Any:
        _pk, role, ended_at, name, _email = row
        left = -ended_at.timestamp() if ended_at else 0
        return ended_at is not None, left, list(Role).index(role), alphabet.order(name, business.language)

    return [row[0] for row in sorted(found, key=place)]


def invite(*, by: Staff, email: str, role: str, at: datetime) -> Invitation:
    """A new invitation, in the place of an open one to the same address. Send it with `send_letter`."""
    email = email.lower()
    _must_manage(by, role)
    if Staff.objects.working().filter(business=by.business, user__email=email).exists():
        raise AlreadyStaff(email)
    with transaction.atomic():
        Business.objects.select_for_update().get(pk=by.business_id)
        before = by.business.invitations.open(at).filter(email=email)
        for invitation in before:
            _must_manage(by, invitation.role)
        before.update(withdrawn_at=at)
        return Invitation.objects.create(
            business=by.business, email=email, role=role, invited_by=by, expires_at=at + INVITATION_LASTS
        )


def send_letter(invitation: Invitation) -> None:
    """The link, by e-mail, in the language of the business. Raises `OSError` if the mail server does not take it."""
    link = settings.PUBLIC_BASE_URL + reverse("invitation", args=[invitation.public_id])
    with override(invitation.business.language):
        subject = _("Join %(business)s on Regulars") % {"business": invitation.business.name}
        text = render_to_string("businesses/letters/invitation.txt", {"invitation": invitation, "link": link})
    send_mail(subject, text, None, [invitation.email])


def is_open(invitation: Invitation, at: datetime) -> bool:
    """Whether it can still be accepted; not, if whoever sent it has left or could not send it today."""
    sender = invitation.invited_by
    return (
        invitation.accepted_at is None
        and invitation.withdrawn_at is None
        and at < invitation.expires_at
        and invitation.business.status not in GONE
        and sender.ended_at is None
        and invitation.role in MANAGED_BY[Role(sender.role)]
    )


def is_for(invitation: Invitation, user: User) -> bool:
    """Whether the address is one of the user's, and proved to be."""
    proved: bool = EmailAddress.objects.filter(user=user, verified=True, email__iexact=invitation.email).exists()
    return proved


def masked(email: str) -> str:
    """`a•••@nar.test`: enough to recognise one's own address."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}"


@transaction.atomic
def accept(*, invitation: Invitation, user: User, at: datetime) -> Staff:
    """Raises `InvitationGone`, `OtherAddress`, `AlreadyStaff`. Who worked here before comes back as the same staff."""
    invitation = (
        Invitation.objects.select_for_update(of=["self"]).select_related("business", "invited_by").get(pk=invitation.pk)
    )
    if not is_open(invitation, at):
        raise InvitationGone
    if not is_for(invitation, user):
        raise OtherAddress
    staff, _created = Staff.objects.get_or_create(
        business=invitation.business, user=user, defaults={"role": invitation.role, "ended_at": at}
    )
    if staff.ended_at is None:
        raise AlreadyStaff
    staff.role, staff.ended_at = invitation.role, None
    staff.save(update_fields=["role", "ended_at"])
    invitation.accepted_at = at
    invitation.save(update_fields=["accepted_at"])
    return staff


def withdraw(*, by: Staff, invitation: Invitation, at: datetime) -> None:
    """An accepted one stays accepted; a second withdrawal changes nothing."""
    _must_manage(by, invitation.role)
    Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None).update(withdrawn_at=at)


@transaction.atomic
def change(*, by: Staff, staff: Staff, role: str, branch: Branch | None, seen: dict[str, str] | None = None) -> None:
    """Their role, and the branch at which a working day begins for them.

    Raises `NotAllowed`, `LastOwner`, and `meanwhile.Changed` if they are no longer what was `seen`.
    """
    by, staff = _locked(by, staff)
    meanwhile.refuse(seen=seen or {}, now=_answers(staff.role, staff.branch), values=_answers(role, branch))
    _must_manage(by, staff.role)
    _must_manage(by, role)
    if role != Role.OWNER:
        _keep_an_owner(staff)
    staff.role, staff.branch = role, branch
    staff.save(update_fields=["role", "branch"])


@transaction.atomic
def end(*, by: Staff, staff: Staff, at: datetime) -> None:
    """From the next request on they are strangers. Raises `NotAllowed`, `LastOwner`."""
    by, staff = _locked(by, staff)
    _must_manage(by, staff.role)
    _keep_an_owner(staff)
    staff.ended_at = at
    staff.save(update_fields=["ended_at"])


@transaction.atomic
def dismiss(*, staff: Staff, at: datetime) -> None:
    """The operator's `end`: nobody at the business need agree. A second time changes nothing. Raises `LastOwner`."""
    Business.objects.select_for_update().get(pk=staff.business_id)
    staff = Staff.objects.get(pk=staff.pk)
    if staff.ended_at is None:
        _keep_an_owner(staff)
        staff.ended_at = at
        staff.save(update_fields=["ended_at"])


def _answers(role: str, branch: Branch | None) -> dict[str, str]:
    """As a form says them."""
    return {"role": role, "branch": str(branch.public_id) if branch else ""}


def _must_manage(by: Staff, role: str) -> None:
    if by.ended_at is not None or role not in MANAGED_BY[Role(by.role)]:
        raise NotAllowed


def _locked(by: Staff, staff: Staff) -> tuple[Staff, Staff]:
    """Both as they are now, with the business locked: two owners ending each other must not both succeed."""
    Business.objects.select_for_update().get(pk=by.business_id)
    people = Staff.objects.select_related("branch").in_bulk([by.pk, staff.pk])
    if people[staff.pk].ended_at is not None:
        raise NotAllowed
    return people[by.pk], people[staff.pk]


def _keep_an_owner(staff: Staff) -> None:
    owners = Staff.objects.working().filter(business_id=staff.business_id, role=Role.OWNER)
    if staff.role == Role.OWNER and not owners.exclude(pk=staff.pk).exists():
        raise LastOwner
