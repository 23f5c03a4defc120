from promotions.recommending.models import CoVisit, RecommendationRules, RecommendationRulesChange

__all__ = ["CoVisit", "RecommendationRules", "RecommendationRulesChange"]
