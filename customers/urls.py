from django.urls import path

from customers import notifications, views
from customers.conversations import telegram, twilio

urlpatterns = [
    path("settings/poster/<uuid:branch>/", views.poster, name="poster"),
    path("settings/messages/", notifications.notifications, name="messages"),
    path("developer/messages/", views.messages, name="developer-messages"),
    path("telegram/updates/", telegram.updates, name="telegram-updates"),
    path("twilio/messages/", twilio.received, name="twilio-messages"),
    path("twilio/status/", twilio.status, name="twilio-status"),
]
