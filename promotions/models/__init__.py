"""What a business promises besides points, who holds it, what two have agreed upon, and what is recommended."""

from promotions.models.chains import OPEN_FOR, Chain, ChainEnd
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
    "OPEN_FOR",
    "SIGNS",
    "Chain",
    "ChainEnd",
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
