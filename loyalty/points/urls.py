from django.urls import path

from loyalty.points import app, join, levels, record, views

urlpatterns = [
    path("points/", views.start, name="points"),
    path("points/code/", views.code, name="points-code"),
    path("points/none/", views.none, name="points-none"),
    path("points/manifest.webmanifest", app.manifest, name="points-manifest"),
    path("points/worker.js", app.worker, name="points-worker"),
    path("points/sign-out/", views.sign_out, name="points-sign-out"),
    path("points/sign-out/everywhere/", views.sign_out_everywhere, name="points-sign-out-everywhere"),
    path("points/<uuid:wallet>/", views.wallet, name="points-wallet"),
    path("points/<uuid:wallet>/history/", record.history, name="points-history"),
    path("points/<uuid:wallet>/history/<uuid:operation>/", record.entry, name="points-entry"),
    path("points/<uuid:wallet>/history/<uuid:operation>/dispute/", record.dispute, name="points-dispute"),
    path("points/<uuid:wallet>/questions/", record.questions, name="points-questions"),
    path("points/<uuid:wallet>/expiry/", record.expiring, name="points-expiry"),
    path("points/<uuid:wallet>/tiers/", levels.tiers, name="points-tiers"),
    path("points/<uuid:wallet>/figures/", record.figures, name="points-figures"),
    path("points/<uuid:wallet>/profile/", views.profile, name="points-profile"),
    path("points/<uuid:wallet>/privacy/", views.privacy, name="points-privacy"),
    path("points/<uuid:wallet>/consent/", views.consent, name="points-consent"),
    path("points/<uuid:wallet>/card/", views.card, name="points-card"),
    path("points/<uuid:wallet>/card/copy/", app.copy, name="points-copy"),
    path("points/<uuid:wallet>/card/picture/", views.picture, name="points-picture"),
    path("join/<uuid:branch>/", join.start, name="join"),
    path("join/<uuid:branch>/code/", join.code, name="join-code"),
    path("join/<uuid:branch>/member/", join.member, name="join-member"),
    path("join/<uuid:branch>/welcome/", join.welcome, name="join-welcome"),
]
