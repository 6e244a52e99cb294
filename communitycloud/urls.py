"""Every address of the site (网址总表)."""

from django.urls import include, path

from apps.core import health

urlpatterns = [
    path("", include("apps.portal.urls")),
    path("accounts/", include("apps.accounts.urls")),
    path("ledgers/", include("apps.ledgers.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler500 = "apps.core.views.server_error"
