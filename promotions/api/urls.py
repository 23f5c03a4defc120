from django.urls import path

from promotions.api import carts, coupons

urlpatterns = [
    path("carts/price", carts.CartPriceView.as_view(), name="api-cart-price"),
    path("offers", coupons.OffersView.as_view(), name="api-offers"),
    path("coupons/validate", carts.ValidateView.as_view(), name="api-coupon-validate"),
    path("coupons/history", coupons.HistoryView.as_view(), name="api-coupon-history"),
    path("customers/<uuid:customer>/coupons", coupons.CustomerCouponsView.as_view(), name="api-customer-coupons"),
]
