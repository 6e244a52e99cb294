"""The Celery application (后台任务); tasks live in apps/*/tasks.py."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "communitycloud.settings")

app = Celery("communitycloud")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
