"""The background door (后台入口): how a service hands work to a worker, and how lost work is found again."""

import structlog
from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

from apps.core.models import LEASE, MOST_ATTEMPTS, BackgroundRun

log = structlog.get_logger(__name__)


def enqueue(run: BackgroundRun) -> None:
    """Nudge a worker about the run after commit; a broker that is down costs time, not the job."""
    transaction.on_commit(lambda: _send(run.task_path, run.pk))


def _send(path: str, pk: int) -> None:
    try:
        import_string(path).apply_async((pk,), retry=False)
    except (OperationalError, OSError) as error:
        log.warning("broker_unreachable", task=path, run=pk, error=type(error).__name__)


def run_models() -> list[type[BackgroundRun]]:
    return [model for model in apps.get_models() if issubclass(model, BackgroundRun)]


def requeue_stranded() -> int:
    """Send every run again that nobody holds; give up with a reason after the third try. Returns how many were sent."""
    sent = 0
    now = timezone.now()
    for model in run_models():
        stranded = model.objects.stranded()
        for run in stranded.filter(attempts__gte=MOST_ATTEMPTS):
            run.fail("处理了三次都没有完成，请联系管理员")
        for run in stranded.filter(attempts__lt=MOST_ATTEMPTS):
            if (
                model.objects.filter(pk=run.pk, lease_until=run.lease_until)
                .exclude(status="running")
                .update(lease_until=now + LEASE)
                or run.status == "running"
            ):
                _send(model.task_path, run.pk)
                sent += 1
    return sent
