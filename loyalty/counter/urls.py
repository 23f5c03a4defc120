from django.urls import path

from loyalty.counter import claiming, pricing, refunding, views

urlpatterns = [
    path("counter/", views.counter, name="counter"),
    path("counter/find/", views.find, name="counter-find"),
    path("counter/members/", views.enrol, name="counter-enrol"),
    path("counter/today/", views.today, name="counter-today"),
    path("counter/codes/", claiming.codes, name="counter-codes"),
    path("counter/holds/<uuid:operation>/", claiming.hold, name="counter-hold"),
    path("counter/holds/<uuid:operation>/confirmation/", claiming.collect, name="counter-collect"),
    path("counter/<uuid:customer>/rewards/<uuid:reward>/", claiming.reward, name="counter-reward"),
    path("counter/<uuid:customer>/rewards/<uuid:reward>/claims/", claiming.claim, name="counter-claims"),
    path("counter/<uuid:customer>/", views.customer, name="counter-customer"),
    path("counter/<uuid:customer>/spend/", views.spend, name="counter-spend"),
    path("counter/<uuid:customer>/price/", pricing.price, name="counter-price"),
    path("counter/<uuid:customer>/purchases/", views.record_purchase, name="counter-purchases"),
    path("counter/<uuid:customer>/redemptions/", views.record_redemption, name="counter-redemptions"),
    path("counter/receipts/<uuid:operation>/", views.receipt, name="counter-receipt"),
    path("counter/receipts/<uuid:operation>/refund/", refunding.refund, name="counter-refund"),
    path("counter/receipts/<uuid:operation>/undo/", views.undo, name="counter-undo"),
]
