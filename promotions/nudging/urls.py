"""Winning customers back, for owners and managers; and what a customer was told, for them."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
