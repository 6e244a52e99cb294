from django.apps import AppConfig


class CollectionConfig(AppConfig):
    name = "apps.collection"
    verbose_name = "人房底册"
    default_auto_field = "django.db.models.BigAutoField"
