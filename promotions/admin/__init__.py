"""Offers and coupons as the superadmin sees them. The operator makes and ends those of a whole programme."""

from promotions.admin import chains, coupons, offers

__all__ = ["chains", "coupons", "offers"]
