"""What a business sells, for its owners and managers."""

from django.urls import path

from businesses.catalogue import views

urlpatterns = [
    path("products/", views.product_list, name="products"),
    path("products/new/", views.new_product, name="new-product"),
    path("products/categories/", views.category_list, name="product-categories"),
    path("products/categories/<uuid:category>/", views.category, name="product-category"),
    path("products/<uuid:product>/", views.product, name="product"),
]
