from django.urls import path

from businesses.api import business

urlpatterns = [path("business", business.BusinessCall.as_view(), name="api-business")]
