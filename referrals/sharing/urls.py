"""A customer's code, link and invitations, on their own page, and where a link leads."""

from django.urls import path

from referrals.sharing import arriving, views

urlpatterns = [
    path("points/<uuid:wallet>/friends/", views.friends, name="points-friends"),
    path("r/<str:code>/", arriving.start, name="invited"),
    path("r/<str:code>/code/", arriving.code, name="invited-code"),
    path("r/<str:code>/member/", arriving.member, name="invited-member"),
]
