"""Whom customers have brought, for owners and managers."""

from django.urls import path

from referrals.keeping import views

urlpatterns = [
    path("referrals/", views.referrals, name="referrals"),
    path("referrals/new/", views.new, name="new-referral"),
    path("referrals/part/", views.part, name="referrals-part"),
    path("referrals/<uuid:referral>/completion/", views.complete, name="referral-completion"),
    path("referrals/<uuid:referral>/rejection/", views.reject, name="referral-rejection"),
]
