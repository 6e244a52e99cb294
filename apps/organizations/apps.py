from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "apps.organizations"
    verbose_name = "组织与区划"
    default_auto_field = "django.db.models.BigAutoField"
