from django.urls import path

from customers import notifications, views

urlpatterns = [
    path("settings/poster/<uuid:branch>/", views.poster, name="poster"),
    path("settings/messages/", notifications.notifications, name="messages"),
    path("developer/messages/", views.messages, name="developer-messages"),
]
