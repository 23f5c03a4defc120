"""Offers, coupons, chains and nudges as the superadmin sees them. The operator makes and ends those of a programme."""

from promotions.admin import chains, coupons, nudges, offers

__all__ = ["chains", "coupons", "nudges", "offers"]
