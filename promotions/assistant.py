"""What assistants may ask of promotions: named in `ASSISTANT_TOOLS`, see loyalty/assistants.py."""

from typing import Any

from loyalty.assistants import ask, customer_id
from promotions.recommending.api import RecommendationsView


def customer_recommendations(phone: str = "", customer: str = "") -> Any:
    """What to tell a customer here, named by phone or by id: a reward of this business that is near, or that they have
    been away for long. Nothing of other businesses."""
    return ask(RecommendationsView, customer=customer_id(phone, customer))
