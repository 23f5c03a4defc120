"""Who works at a business."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client

from businesses import branches, staffing
from businesses.models import Branch, BusinessStatus, Invitation, Role, Staff, User
from businesses.tests.conftest import PASSWORD, hire
from conftest import NOON, Shop


def person(email: str, *, verified: bool = True) -> User:
    user = User.objects.create_user(email, PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user


def invite(by: Staff, email: str = "ann@nar.test", role: str = Role.CASHIER) -> Invitation:
    return staffing.invite(by=by, email=email, role=role, at=NOON)


def test_an_invitation_makes_staff_of_whom_it_was_sent_to(shop: Shop) -> None:
    invitation = invite(shop.staff, "Ann@nar.test", Role.MANAGER)
    staff = staffing.accept(invitation=invitation, user=person("ann@nar.test"), at=NOON)
    assert (staff.business, staff.role, staff.ended_at) == (shop.business, Role.MANAGER, None)


def test_an_invitation_works_once(shop: Shop) -> None:
    invitation, ann = invite(shop.staff), person("ann@nar.test")
    staff = staffing.accept(invitation=invitation, user=ann, at=NOON)
    staffing.end(by=shop.staff, staff=staff, at=NOON)
    with pytest.raises(staffing.InvitationGone):
        staffing.accept(invitation=invitation, user=ann, at=NOON)
    staff.refresh_from_db()
    assert staff.ended_at == NOON


def test_an_invitation_lasts_seven_days(shop: Shop) -> None:
    invitation, ann = invite(shop.staff), person("ann@nar.test")
    with pytest.raises(staffing.InvitationGone):
        staffing.accept(invitation=invitation, user=ann, at=NOON + timedelta(days=7))
    assert staffing.accept(invitation=invitation, user=ann, at=NOON + timedelta(days=7, seconds=-1))


def test_an_invitation_is_for_one_address_which_must_be_verified(shop: Shop) -> None:
    invitation = invite(shop.staff)
    for user in (person("bob@nar.test"), person("ann@nar.test", verified=False)):
        with pytest.raises(staffing.OtherAddress):
            staffing.accept(invitation=invitation, user=user, at=NOON)
    assert Staff.objects.count() == 1


def test_a_withdrawn_invitation_is_gone(shop: Shop) -> None:
    invitation = invite(shop.staff)
    for _time in range(2):
        staffing.withdraw(by=shop.staff, invitation=invitation, at=NOON)
    with pytest.raises(staffing.InvitationGone):
        staffing.accept(invitation=invitation, user=person("ann@nar.test"), at=NOON)


def test_inviting_again_replaces_the_first_invitation(shop: Shop) -> None:
    first, second = invite(shop.staff), invite(shop.staff, role=Role.MANAGER)
    ann = person("ann@nar.test")
    with pytest.raises(staffing.InvitationGone):
        staffing.accept(invitation=first, user=ann, at=NOON)
    assert staffing.accept(invitation=second, user=ann, at=NOON).role == Role.MANAGER


def test_an_invitation_by_somebody_who_left_or_was_demoted_is_gone(shop: Shop) -> None:
    second = hire(shop.business, Role.OWNER, "second@nar.test")
    invitation, ann = invite(second, role=Role.OWNER), person("ann@nar.test")
    staffing.change(by=shop.staff, staff=second, role=Role.MANAGER, branch=None)
    with pytest.raises(staffing.InvitationGone):
        staffing.accept(invitation=invitation, user=ann, at=NOON)
    staffing.end(by=shop.staff, staff=second, at=NOON)
    with pytest.raises(staffing.InvitationGone):
        staffing.accept(invitation=invitation, user=ann, at=NOON)


def test_an_invitation_to_a_closed_business_is_gone(shop: Shop) -> None:
    invitation = invite(shop.staff)
    shop.business.status = BusinessStatus.CLOSED
    shop.business.save()
    with pytest.raises(staffing.InvitationGone):
        staffing.accept(invitation=invitation, user=person("ann@nar.test"), at=NOON)


def test_who_works_here_is_not_invited_and_cannot_demote_themselves_by_an_invitation(shop: Shop) -> None:
    with pytest.raises(staffing.AlreadyStaff):
        invite(shop.staff, shop.owner.email)
    EmailAddress.objects.create(user=shop.owner, email="other@nar.test", verified=True)
    with pytest.raises(staffing.AlreadyStaff):
        staffing.accept(invitation=invite(shop.staff, "other@nar.test"), user=shop.owner, at=NOON)
    shop.staff.refresh_from_db()
    assert shop.staff.role == Role.OWNER


def test_who_comes_back_is_the_same_staff_in_the_new_role(shop: Shop) -> None:
    ann = person("ann@nar.test")
    before = staffing.accept(invitation=invite(shop.staff), user=ann, at=NOON)
    staffing.end(by=shop.staff, staff=before, at=NOON)
    after = staffing.accept(invitation=invite(shop.staff, role=Role.MANAGER), user=ann, at=NOON)
    assert (after.pk, after.role, after.ended_at) == (before.pk, Role.MANAGER, None)


def test_the_letter_holds_the_link_and_speaks_the_language_of_the_business(shop: Shop) -> None:
    staffing.send_letter(invite(shop.staff))
    [letter] = mail.outbox
    token = Invitation.objects.get().public_id
    assert letter.to == ["ann@nar.test"]
    assert f"http://testserver/invitations/{token}/" in letter.body
    assert "Nar" in letter.subject


@pytest.mark.parametrize("role", [Role.MANAGER, Role.CASHIER])
def test_only_owners_manage_owners(shop: Shop, role: str) -> None:
    by = hire(shop.business, role, "by@nar.test")
    second = hire(shop.business, Role.OWNER, "second@nar.test")
    ann = hire(shop.business, Role.CASHIER, "ann@nar.test")
    presses = [
        lambda: invite(by, "new@nar.test", Role.OWNER),
        lambda: staffing.withdraw(by=by, invitation=invite(shop.staff, "new@nar.test", Role.OWNER), at=NOON),
        lambda: staffing.change(by=by, staff=second, role=Role.CASHIER, branch=None),
        lambda: staffing.change(by=by, staff=ann, role=Role.OWNER, branch=None),
        lambda: staffing.change(by=by, staff=by, role=Role.OWNER, branch=None),
        lambda: staffing.end(by=by, staff=second, at=NOON),
    ]
    for press in presses:
        with pytest.raises(staffing.NotAllowed):
            press()
    assert Staff.objects.filter(role=Role.OWNER, ended_at=None).count() == 2


def test_a_manager_cannot_replace_an_owners_invitation_to_an_owner(shop: Shop) -> None:
    invitation = invite(shop.staff, role=Role.OWNER)
    with pytest.raises(staffing.NotAllowed):
        invite(hire(shop.business, Role.MANAGER, "m@nar.test"))
    assert staffing.accept(invitation=invitation, user=person("ann@nar.test"), at=NOON)


def test_a_manager_manages_managers_and_cashiers(shop: Shop) -> None:
    by = hire(shop.business, Role.MANAGER, "by@nar.test")
    ann = hire(shop.business, Role.CASHIER, "ann@nar.test")
    staffing.change(by=by, staff=ann, role=Role.MANAGER, branch=None)
    staffing.end(by=by, staff=ann, at=NOON)
    ann.refresh_from_db()
    assert (ann.role, ann.ended_at) == (Role.MANAGER, NOON)


def test_the_last_owner_stays(shop: Shop) -> None:
    for press in (
        lambda: staffing.end(by=shop.staff, staff=shop.staff, at=NOON),
        lambda: staffing.change(by=shop.staff, staff=shop.staff, role=Role.MANAGER, branch=None),
    ):
        with pytest.raises(staffing.LastOwner):
            press()


def test_a_disabled_owner_does_not_count_as_one(shop: Shop) -> None:
    second = hire(shop.business, Role.OWNER, "second@nar.test")
    User.objects.filter(pk=second.user_id).update(is_active=False)
    with pytest.raises(staffing.LastOwner):
        staffing.end(by=shop.staff, staff=shop.staff, at=NOON)


def test_one_of_two_owners_may_go(shop: Shop) -> None:
    hire(shop.business, Role.OWNER, "second@nar.test")
    staffing.end(by=shop.staff, staff=shop.staff, at=NOON)
    shop.staff.refresh_from_db()
    assert shop.staff.ended_at == NOON


def test_who_has_ended_manages_nobody(shop: Shop) -> None:
    second = hire(shop.business, Role.OWNER, "second@nar.test")
    staffing.end(by=shop.staff, staff=second, at=NOON)
    with pytest.raises(staffing.NotAllowed):  # `second` here is as it was before
        staffing.end(by=second, staff=shop.staff, at=NOON)


PRESSES = {
    "ending": lambda by, staff: staffing.end(by=by, staff=staff, at=NOON),
    "demoting": lambda by, staff: staffing.change(by=by, staff=staff, role=Role.CASHIER, branch=None),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", PRESSES)
def test_two_owners_ending_or_demoting_each_other_at_once_leave_one(shop: Shop, what: str) -> None:
    second = hire(shop.business, Role.OWNER, "second@nar.test")
    start, refused = threading.Barrier(2), []

    def press(by: Staff, staff: Staff) -> None:
        start.wait()
        try:
            PRESSES[what](by, staff)
        except staffing.NotAllowed:
            refused.append(by)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=pair) for pair in ((shop.staff, second), (second, shop.staff))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Staff.objects.filter(ended_at=None, role=Role.OWNER).count() == 1


# --- The usual branch -------------------------------------------------------------------------------------


@pytest.fixture
def second(shop: Shop) -> Branch:
    return Branch.objects.create(business=shop.business, name="Second", city="Baku")


def test_the_day_of_a_cashier_begins_at_their_usual_branch(
    shop: Shop, owner: Client, cashier: Client, second: Branch
) -> None:
    staff = Staff.objects.get(user__email="cashier@nar.test")
    address = f"/settings/staff/{staff.public_id}/"
    assert "Second · Baku" in owner.get(address).text
    owner.post(address, {"role": "cashier", "branch": second.public_id})
    assert f'value="{second.public_id}" selected' in owner.get(address).text
    assert "Second" in owner.get("/settings/staff/").text
    assert cashier.get("/switch/").context["branch"] == second
    cashier.post("/switch/", {"branch": shop.branch.public_id})
    assert cashier.get("/switch/").context["branch"] == shop.branch
    owner.post(address, {"role": "cashier", "branch": ""})
    staff.refresh_from_db()
    assert staff.branch is None


def test_whose_usual_branch_is_closed_begins_at_the_first_open_one(
    shop: Shop, owner: Client, cashier: Client, second: Branch
) -> None:
    Branch.objects.create(business=shop.business, name="Third")
    staff = Staff.objects.get(user__email="cashier@nar.test")
    staffing.change(by=shop.staff, staff=staff, role=Role.CASHIER, branch=second)
    branches.close(branch=second, at=NOON)
    assert cashier.get("/switch/").context["branch"] == shop.branch
    assert f'<option value="{second.public_id}"' not in owner.get(f"/settings/staff/{staff.public_id}/").text


def test_where_there_is_one_branch_nobody_is_asked_and_what_was_set_stays(shop: Shop, owner: Client) -> None:
    staff = hire(shop.business, Role.CASHIER, "ann@nar.test")
    Staff.objects.filter(pk=staff.pk).update(branch=shop.branch)
    address = f"/settings/staff/{staff.public_id}/"
    assert 'name="branch"' not in owner.get(address).text
    assert "Usual branch" not in owner.get("/settings/staff/").text
    owner.post(address, {"role": "manager"})
    staff.refresh_from_db()
    assert (staff.role, staff.branch) == (Role.MANAGER, shop.branch)


def test_a_usual_branch_is_an_open_one_of_the_same_business(
    shop: Shop, owner: Client, second: Branch, new_shop: Callable[..., Shop]
) -> None:
    Branch.objects.create(business=shop.business, name="Third")
    branches.close(branch=second, at=NOON)
    staff = hire(shop.business, Role.CASHIER, "ann@nar.test")
    for wrong in (second.public_id, new_shop("tea").branch.public_id, "x", "\x00"):
        answer = owner.post(f"/settings/staff/{staff.public_id}/", {"role": "manager", "branch": wrong})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["branch"]
    staff.refresh_from_db()
    assert (staff.role, staff.branch) == (Role.CASHIER, None)
