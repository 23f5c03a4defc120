from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class InstallationConfig(AppConfig):
    name = "config"
    verbose_name = _("Installation")


class PanelConfig(AdminConfig):
    default_site = "config.panel.Panel"
