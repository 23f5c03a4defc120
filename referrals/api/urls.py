from django.urls import path

from referrals.api import views

urlpatterns = [
    path("referrals", views.ReferralsView.as_view()),
    path("referrals/complete", views.CompleteByFriendView.as_view()),
    path("referrals/<uuid:referral>/complete", views.CompleteView.as_view()),
]
