"""Celery shells (后台任务外壳): one id in, one service called."""

from celery import shared_task

from apps.ledgers.services import exporting, matching, prefilling


@shared_task
def run_matching(run_id: int) -> None:
    matching.run_matching(run_id=run_id)


@shared_task
def run_prefill(run_id: int) -> None:
    prefilling.run_prefill(run_id=run_id)


@shared_task
def run_export(run_id: int) -> None:
    exporting.run_export(run_id=run_id)


@shared_task
def drop_old_exports() -> None:
    exporting.drop_old_files()
