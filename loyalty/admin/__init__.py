"""What the superadmin sees of points. All of it is history: nothing here has a form, and what must change is posted by
the ledger."""

from loyalty.admin import clearing, customers, disputes, earning_rules, operations, tiers, wallets

__all__ = ["clearing", "customers", "disputes", "earning_rules", "operations", "tiers", "wallets"]
