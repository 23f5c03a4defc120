from django.urls import path

from businesses.api import business, products

urlpatterns = [
    path("business", business.BusinessCall.as_view(), name="api-business"),
    path("categories", products.CategoriesView.as_view(), name="api-categories"),
    path("products", products.ProductsView.as_view(), name="api-products"),
    path("products/search", products.SearchView.as_view(), name="api-product-search"),
    path("products/<path:sku>", products.ProductView.as_view(), name="api-product"),
]
