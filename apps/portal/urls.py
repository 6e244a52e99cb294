from django.conf import settings
from django.urls import path

from apps.portal import views

app_name = "portal"
urlpatterns = [path("", views.workbench, name="workbench"), path("me/", views.me, name="me")]
if not settings.IS_PRODUCTION:
    urlpatterns.append(path("components/", views.gallery, name="components"))
