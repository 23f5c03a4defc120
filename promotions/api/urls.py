from django.urls import path

from promotions.recommending import api as recommending

urlpatterns = [
    path(
        "customers/<uuid:customer>/recommendations",
        recommending.RecommendationsView.as_view(),
        name="api-recommendations",
    ),
]
