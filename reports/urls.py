from django.urls import path

from reports import sold, views

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/customers/", views.customers, name="reports-customers"),
    path("reports/points/", views.points_given, name="reports-points"),
    path("reports/partners/", views.partners_brought, name="reports-partners"),
    path("products/sold/", sold.sold, name="products-sold"),
    path("reports/export/", views.export, name="reports-export"),
]
