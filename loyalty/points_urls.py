from django.urls import path

from loyalty import points_join, points_views

urlpatterns = [
    path("points/", points_views.start, name="points"),
    path("points/code/", points_views.code, name="points-code"),
    path("points/none/", points_views.none, name="points-none"),
    path("points/sign-out/", points_views.sign_out, name="points-sign-out"),
    path("points/sign-out/everywhere/", points_views.sign_out_everywhere, name="points-sign-out-everywhere"),
    path("points/<uuid:wallet>/", points_views.wallet, name="points-wallet"),
    path("points/<uuid:wallet>/history/", points_views.history, name="points-history"),
    path("points/<uuid:wallet>/profile/", points_views.profile, name="points-profile"),
    path("points/<uuid:wallet>/privacy/", points_views.privacy, name="points-privacy"),
    path("points/<uuid:wallet>/consent/", points_views.consent, name="points-consent"),
    path("points/<uuid:wallet>/card/", points_views.card, name="points-card"),
    path("join/<uuid:branch>/", points_join.start, name="join"),
    path("join/<uuid:branch>/code/", points_join.code, name="join-code"),
    path("join/<uuid:branch>/member/", points_join.member, name="join-member"),
    path("join/<uuid:branch>/welcome/", points_join.welcome, name="join-welcome"),
]
