from django.urls import path

from loyalty.clearing import views

urlpatterns = [
    path("clearing/", views.clearing, name="clearing"),
    path("clearing/export/", views.export, name="clearing-export"),
]
