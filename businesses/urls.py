"""Registering a business, choosing among one's own, its settings."""

from django.urls import path

from businesses import entrance, look, origins, views

urlpatterns = [
    path("start/", entrance.start, name="start"),
    path("switch/", entrance.switch, name="switch"),
    path("accounts/name/", entrance.own_name, name="own-name"),
    path("invitations/<uuid:token>/", entrance.invitation, name="invitation"),
    path("settings/", views.earning_rules, name="settings"),
    path("settings/look/", look.look, name="look"),
    path("settings/look/logo/", look.logo, name="look-logo"),
    path("settings/look/logo/removal/", look.remove_logo, name="look-logo-removal"),
    path("brands/<str:colour>.css", look.style, name="brand-style"),
    path("logos/<str:digest>.webp", look.logo_picture, name="logo"),
    path("settings/branches/", views.branch_list, name="branches"),
    path("settings/branches/new/", views.new_branch, name="new-branch"),
    path("settings/branches/<uuid:branch>/", views.edit_branch, name="branch"),
    path("settings/branches/<uuid:branch>/closure/", views.close_branch, name="branch-closure"),
    path("settings/branches/<uuid:branch>/reopening/", views.reopen_branch, name="branch-reopening"),
    path("settings/staff/", views.staff_list, name="staff"),
    path("settings/staff/invitations/", views.invite, name="invite"),
    path("settings/staff/invitations/<uuid:token>/withdrawal/", views.withdraw, name="withdrawal"),
    path("settings/staff/<uuid:staff>/", views.edit_staff, name="staff-member"),
    path("settings/staff/<uuid:staff>/end/", views.end_staff, name="staff-end"),
    path("settings/pin/", views.own_pin, name="pin"),
    path("settings/keys/", views.key_list, name="keys"),
    path("settings/keys/new/", views.new_key, name="new-key"),
    path("settings/keys/pages/", origins.pages, name="origins"),
    path("settings/keys/<uuid:key>/revocation/", views.revoke_key, name="key-revocation"),
]
