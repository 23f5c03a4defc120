"""What a business offers besides points, for its owners and managers."""

from django.urls import path

from promotions.offering import giving, views

urlpatterns = [
    path("offers/", views.offers_page, name="offers"),
    path("offers/new/", views.new_offer, name="new-offer"),
    path("offers/preview/", views.preview, name="offer-preview"),
    path("offers/<uuid:offer>/", views.offer, name="offer"),
    path("offers/<uuid:offer>/limits/", views.limits, name="offer-limits"),
    path("offers/<uuid:offer>/pause/", views.pause, name="offer-pause"),
    path("offers/<uuid:offer>/end/", views.end, name="offer-end"),
    path("customers/<uuid:customer>/coupons/", giving.panel, name="customer-coupons"),
]
