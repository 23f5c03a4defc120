"""What the superadmin sees of points. Nearly all of it is history: it has no form, and what must change is posted by
the ledger."""

from loyalty.admin import (
    churn,
    clearing,
    customers,
    disputes,
    earning_rules,
    imports,
    operations,
    rewards,
    tiers,
    wallets,
)

__all__ = [
    "churn",
    "clearing",
    "customers",
    "disputes",
    "earning_rules",
    "imports",
    "operations",
    "rewards",
    "tiers",
    "wallets",
]
