from celery import shared_task

from apps.core import background


@shared_task
def requeue_stranded() -> None:
    background.requeue_stranded()
