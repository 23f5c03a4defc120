"""Blocking a customer of the installation: they see their points, but neither earn nor spend any.

The ledger reads `Customer.blocked_at` under the wallet's lock, so that no sale or redemption slips by.
"""

from datetime import datetime

from customers.models import Customer


def block(*, customer: Customer, reason: str, at: datetime) -> bool:
    """Whether anything changed: who is blocked already keeps the first reason."""
    changed = Customer.objects.filter(pk=customer.pk, blocked_at=None).update(blocked_at=at, blocked_reason=reason)
    return bool(changed)


def lift(*, customer: Customer) -> bool:
    """Whether anything changed."""
    blocked = Customer.objects.filter(pk=customer.pk, blocked_at__isnull=False)
    return bool(blocked.update(blocked_at=None, blocked_reason=""))
