from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "apps.portal"
    verbose_name = "工作台"
    default_auto_field = "django.db.models.BigAutoField"
