from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "apps.catalog"
    verbose_name = "数据元与代码"
    default_auto_field = "django.db.models.BigAutoField"
