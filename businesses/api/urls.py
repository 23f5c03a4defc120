from django.urls import path

from businesses.api import auth, business, products

urlpatterns = [
    path("business", business.BusinessCall.as_view(), name="api-business"),
    path("branches", business.BranchesView.as_view(), name="api-branches"),
    path("categories", products.CategoriesView.as_view(), name="api-categories"),
    path("products", products.ProductsView.as_view(), name="api-products"),
    path("products/search", products.SearchView.as_view(), name="api-product-search"),
    path("products/<path:sku>", products.ProductView.as_view(), name="api-product"),
    path("businesses", auth.BusinessesView.as_view(), name="api-businesses"),
    path("auth/register", auth.RegisterView.as_view(), name="api-register"),
    path("auth/token", auth.TokenView.as_view(), name="api-token"),
    path("auth/token/refresh", auth.RefreshView.as_view(), name="api-token-refresh"),
    path("auth/logout", auth.LogoutView.as_view(), name="api-logout"),
    path("auth/me", auth.MeView.as_view(), name="api-me"),
]
