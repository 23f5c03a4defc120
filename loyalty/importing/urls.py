"""Files that a business brings along, for its owners and managers."""

from django.urls import path

from loyalty.importing import views

urlpatterns = [
    path("imports/", views.import_list, name="imports"),
    path("imports/new/", views.new_import, name="new-import"),
    path("imports/<uuid:importing>/", views.importing, name="import"),
    path("imports/<uuid:importing>/columns/", views.columns, name="import-columns"),
    path("imports/<uuid:importing>/progress/", views.progress, name="import-progress"),
    path("imports/<uuid:importing>/run/", views.run, name="import-run"),
    path("imports/<uuid:importing>/drop/", views.drop, name="import-drop"),
    path("imports/<uuid:importing>/refused/", views.refused_rows, name="import-refused"),
]
