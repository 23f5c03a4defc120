from django.urls import path

from loyalty.activity import views

urlpatterns = [
    path("activity/", views.activity, name="activity"),
    path("activity/export/", views.export, name="activity-export"),
]
