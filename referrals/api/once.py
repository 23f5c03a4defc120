"""A call that is answered once: the same key gets the answer of the first time, also where that was a refusal."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from businesses import limits
from businesses.api.problems import Problem
from businesses.api.view import Answer, ApiCall
from loyalty import ledger, outcomes
from loyalty.rules import Rules
from referrals import words
from referrals.bringing import NotBrought
from referrals.codes import UnknownInviter
from referrals.completing import NotPending, TooManyPoints
from referrals.models import ReferralCall

CREATED, REFUSED = 201, 409


def once(
    *, call: ApiCall, rules: Rules, kind: str, content: Mapping[str, Any], act: Callable[[], dict[str, Any]]
) -> Answer:
    """`act` does it and says what the answer holds. Raises `outcomes.KeyReused`, and a `Problem` for a refusal."""
    digest = ledger.input_hash(kind, content)
    with transaction.atomic():
        limits.one_after_another(f"referral-call:{rules.business_id}:{call.key}")
        stored = ReferralCall.objects.filter(business=rules.business_id, key=call.key).first()
        replayed = stored is not None
        if stored is None:
            if ledger.is_known(rules=rules, key=call.key):
                raise outcomes.KeyReused
            status, answer = _answer(act)
            stored = ReferralCall.objects.create(
                business_id=rules.business_id,
                key=call.key,
                input_hash=digest,
                status=status,
                answer=answer,
                at=timezone.now(),
            )
            stored.refresh_from_db()  # the database has an order of its own for what an object holds
        elif bytes(stored.input_hash) != digest:
            raise outcomes.KeyReused
    if stored.status == REFUSED:
        headers = {"Idempotency-Replayed": "true"} if replayed else {}
        raise Problem(REFUSED, headers=headers, **stored.answer)
    return Answer(stored.answer, stored.status, replayed)


def _answer(act: Callable[[], dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    try:
        with transaction.atomic():
            return CREATED, act()
    except NotBrought as refused:
        return _refused(refused.code, words.refusal(refused.code))
    except UnknownInviter:
        return _refused("unknown_inviter", words.refusal("unknown_inviter"))
    except NotPending as before:
        state = before.referral.state_at(timezone.now())
        return _refused("not_pending", f"This referral is {state.value} already.", state=state.value)
    except TooManyPoints as many:
        return _refused("too_many_points", f"At most {many.most} points each.", most=many.most)


def _refused(code: str, detail: str, **facts: Any) -> tuple[int, dict[str, Any]]:
    return REFUSED, {"code": code, "detail": detail, **facts}
