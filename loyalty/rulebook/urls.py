"""The earning rules of a business, for its owners and managers."""

from django.urls import path

from loyalty.rulebook import views

urlpatterns = [
    path("settings/rules/", views.rulebook, name="rulebook"),
    path("settings/rules/new/", views.new_rule, name="new-rule"),
    path("settings/rules/<uuid:rule>/", views.edit_rule, name="rule"),
    path("settings/rules/<uuid:rule>/end/", views.end_rule, name="rule-end"),
]
