"""Celery shells (后台任务外壳): one id in, one service called."""

from celery import shared_task

from apps.ledgers.services import prefilling


@shared_task
def run_prefill(run_id: int) -> None:
    prefilling.run_prefill(run_id=run_id)
