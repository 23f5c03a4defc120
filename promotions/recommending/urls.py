"""Recommendations to customers, and what businesses let be recommended."""

from django.urls import path

from promotions.recommending import views

urlpatterns = [
    path("points/<uuid:wallet>/recommendations/", views.for_customer, name="points-recommendations"),
    path("settings/recommendations/", views.rules, name="recommending-rules"),
]
