from django.urls import path

from promotions.api import carts, coupons
from promotions.nudging import api as nudging
from promotions.recommending import api as recommending

urlpatterns = [
    path("carts/price", carts.CartPriceView.as_view(), name="api-cart-price"),
    path("offers", coupons.OffersView.as_view(), name="api-offers"),
    path("coupons/validate", carts.ValidateView.as_view(), name="api-coupon-validate"),
    path("coupons/history", coupons.HistoryView.as_view(), name="api-coupon-history"),
    path("customers/<uuid:customer>/coupons", coupons.CustomerCouponsView.as_view(), name="api-customer-coupons"),
    path(
        "customers/<uuid:customer>/recommendations",
        recommending.RecommendationsView.as_view(),
        name="api-recommendations",
    ),
    path("behaviour-events", nudging.BehaviourView.as_view(), name="api-behaviour-events"),
    path("customers/<uuid:customer>/sign-ins", nudging.SignInsView.as_view(), name="api-sign-ins"),
    path("customers/<uuid:customer>/nudges", nudging.NudgesView.as_view(), name="api-customer-nudges"),
    path("nudges/<uuid:nudge>/responses", nudging.ResponsesView.as_view(), name="api-nudge-responses"),
]
