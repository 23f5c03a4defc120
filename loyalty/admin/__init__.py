"""What the superadmin sees of points. Nearly all of it is history: it has no form, and what must change is posted by
the ledger."""

from loyalty.admin import customers, disputes, earning_rules, operations, rewards, wallets

__all__ = ["customers", "disputes", "earning_rules", "operations", "rewards", "wallets"]
