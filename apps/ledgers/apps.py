from django.apps import AppConfig


class LedgersConfig(AppConfig):
    name = "apps.ledgers"
    verbose_name = "台账报表"
    default_auto_field = "django.db.models.BigAutoField"
