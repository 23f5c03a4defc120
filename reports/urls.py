from django.urls import path

from reports import sold, views

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/customers/", views.customers, name="reports-customers"),
    path("products/sold/", sold.sold, name="products-sold"),
    path("reports/export/", views.export, name="reports-export"),
]
