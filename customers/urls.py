from django.urls import path

from customers import views

urlpatterns = [
    path("settings/poster/<uuid:branch>/", views.poster, name="poster"),
    path("developer/messages/", views.messages, name="developer-messages"),
]
