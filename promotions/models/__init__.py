"""What a business promises besides points, who holds it, and what it lets be recommended."""

from promotions.models.offers import (
    CODE_LENGTH,
    IN_POINTS,
    LONGEST_CODE,
    MOST_FACTOR,
    MOST_PERCENT,
    OFF,
    SIGNS,
    Coupon,
    CouponStatus,
    CouponUse,
    Offer,
    OfferChange,
    OfferKind,
    Source,
    new_code,
)
from promotions.models.recommendations import CoVisit, RecommendationRules, RecommendationRulesChange

__all__ = [
    "CODE_LENGTH",
    "IN_POINTS",
    "LONGEST_CODE",
    "MOST_FACTOR",
    "MOST_PERCENT",
    "OFF",
    "SIGNS",
    "CoVisit",
    "Coupon",
    "CouponStatus",
    "CouponUse",
    "Offer",
    "OfferChange",
    "OfferKind",
    "RecommendationRules",
    "RecommendationRulesChange",
    "Source",
    "new_code",
]
