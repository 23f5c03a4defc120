"""What the superadmin sees of points. All of it is history: nothing here has a form, and what must change is posted by
the ledger."""

from loyalty.admin import customers, disputes, earning_rules, operations, tiers, wallets

__all__ = ["customers", "disputes", "earning_rules", "operations", "tiers", "wallets"]
