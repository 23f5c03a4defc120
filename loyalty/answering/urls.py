from django.urls import path

from loyalty.answering import views

urlpatterns = [
    path("disputes/", views.disputes_of_business, name="disputes"),
    path("disputes/<uuid:dispute>/", views.dispute, name="dispute"),
]
