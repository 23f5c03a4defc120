from django.urls import path

from reports.api import views

urlpatterns = [
    path("reports/summary", views.SummaryReport.as_view(), name="api-report-summary"),
    path("reports/points-issued", views.PointsIssuedReport.as_view(), name="api-report-points-issued"),
    path("reports/redemptions", views.RedemptionsReport.as_view(), name="api-report-redemptions"),
    path("reports/customer-count", views.CustomerCountReport.as_view(), name="api-report-customer-count"),
    path("reports/top-customers", views.TopCustomersReport.as_view(), name="api-report-top-customers"),
    path("reports/sales", views.SalesReport.as_view(), name="api-report-sales"),
    path("reports/products", views.ProductsReport.as_view(), name="api-report-products"),
    path("reports/customers", views.CustomersReport.as_view(), name="api-report-customers"),
    path("reports/churn", views.ChurnReport.as_view(), name="api-report-churn"),
]
