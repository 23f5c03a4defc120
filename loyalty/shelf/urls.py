"""What a business offers for points, for its owners and managers; and the pictures of it, for everybody."""

from django.urls import path

from loyalty.shelf import views

urlpatterns = [
    path("rewards/", views.shelf, name="rewards"),
    path("rewards/new/", views.new_reward, name="new-reward"),
    path("rewards/<uuid:reward>/", views.edit_reward, name="reward"),
    path("rewards/<uuid:reward>/picture/removal/", views.remove_picture, name="reward-picture-removal"),
    path("rewards/<uuid:reward>/end/", views.end_reward, name="reward-end"),
    path("reward-pictures/<str:digest>.webp", views.picture, name="reward-picture"),
]
