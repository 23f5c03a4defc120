"""The customers of a business, for its owners and managers."""

from django.urls import path

from loyalty.members import adjusting, tier, views

urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("customers/<uuid:customer>/", views.customer, name="customer"),
    path("customers/<uuid:customer>/history/", views.past, name="customer-history"),
    path("customers/<uuid:customer>/adjustment/", adjusting.adjustment, name="customer-adjustment"),
    path("customers/<uuid:customer>/tier/", tier.change, name="customer-tier"),
    path("customers/<uuid:customer>/consents/<slug:channel>/withdrawal/", views.withdrawal, name="consent-withdrawal"),
]
