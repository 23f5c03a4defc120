"""Winning customers back, for owners and managers; and what a customer was told, for them."""

from django.urls import path

from promotions.nudging import views

urlpatterns = [
    path("nudges/", views.nudges, name="nudges"),
    path("nudges/terms/", views.terms, name="nudge-terms"),
    path("nudges/terms/preview/", views.preview, name="nudge-preview"),
    path("nudges/<uuid:experiment>/", views.experiment, name="experiment"),
    path("nudges/<uuid:experiment>/end/", views.end, name="experiment-end"),
    path("points/<uuid:wallet>/nudges/", views.for_customer, name="points-nudges"),
    path("points/<uuid:wallet>/nudges/<uuid:nudge>/dismissal/", views.dismiss, name="points-nudge-dismissal"),
]
