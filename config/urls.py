"""Every address of the platform, read from the top down."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from config import front, health, help, styleguide

admin.site.login = secure_admin_login(admin.site.login)  # with the second factor, like everybody

urlpatterns = [
    path("api/v1/", include("config.api")),  # first, because tills are in the greatest hurry
    path("", front.front, name="front"),
    path("help/", help.for_staff, name="help"),
    path("how-it-works/", help.how_it_works, name="how-it-works"),
    path("demo/progress/", front.demo_progress, name="demo-progress"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("businesses.urls")),
    path("", include("businesses.catalogue.urls")),
    path("", include("customers.urls")),
    path("", include("loyalty.counter.urls")),
    path("", include("loyalty.activity.urls")),
    path("", include("loyalty.members.urls")),
    path("", include("loyalty.points.urls")),
    path("", include("loyalty.answering.urls")),
    path("", include("loyalty.rulebook.urls")),
    path("", include("loyalty.clearing.urls")),
    path("", include("loyalty.shelf.urls")),
    path("", include("loyalty.importing.urls")),
    path("", include("reports.urls")),
    path("", include("promotions.offering.urls")),
    path("", include("promotions.chaining.urls")),
    path("", include("promotions.recommending.urls")),
    path("", include("promotions.holding.urls")),
    path("", include("referrals.sharing.urls")),
    path("", include("referrals.keeping.urls")),
    path("", include("promotions.nudging.urls")),
    path("language/", set_language, name="set_language"),
    path("styleguide/", styleguide.components, name="styleguide"),
    path("styleguide/counter/", styleguide.counter, name="styleguide-counter"),
    path("styleguide/points/", styleguide.points, name="styleguide-points"),
    path("styleguide/code/", styleguide.code, name="styleguide-code"),
]
