"""The coupons that a customer holds, on their own page."""

from django.urls import path

from promotions.holding import views

urlpatterns = [path("points/<uuid:wallet>/coupons/", views.held, name="points-coupons")]
