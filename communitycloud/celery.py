"""The Celery application (后台任务); tasks live in apps/*/tasks.py."""

import logging.config
import os

from celery import Celery
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "communitycloud.settings")

app = Celery("communitycloud")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Celery brings no handlers of its own: its lines pass the guards of ours."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
