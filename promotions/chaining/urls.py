"""Chains with other businesses of the programme, for owners and managers."""

from django.urls import path

from promotions.chaining import views

urlpatterns = [
    path("chains/", views.chains_page, name="chains"),
    path("chains/new/", views.new_chain, name="new-chain"),
    path("chains/preview/", views.preview, name="chain-preview"),
    path("chains/<uuid:chain>/", views.chain, name="chain"),
    path("chains/<uuid:chain>/answer/", views.answer, name="chain-answer"),
    path("chains/<uuid:chain>/withdrawal/", views.withdraw, name="chain-withdraw"),
]
