from django.urls import path

from reports import views

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/customers/", views.customers, name="reports-customers"),
    path("reports/export/", views.export, name="reports-export"),
]
