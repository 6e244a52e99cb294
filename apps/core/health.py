"""Whether the site is alive and ready (健康检查). Answers say which part, never why: the reason is in the log."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import redis
import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from communitycloud import celery_app

log = structlog.get_logger(__name__)
LIMIT_SECONDS = 2.0
# a part that hangs holds a thread of these until it gives up, and no more than these
_THREADS = ThreadPoolExecutor(max_workers=6, thread_name_prefix="health")


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:  # this thread's own, new each time
            cursor.execute("SELECT 1")
        return True
    finally:
        connection.close()


def _broker_answers() -> bool:
    url = settings.CELERY_BROKER_URL.replace("redis+socket://", "unix://")
    with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
        return bool(client.ping())


def _worker_answers() -> bool:
    """Any worker; not asked when the broker is away, where Celery would go on trying."""
    return _broker_answers() and bool(celery_app.control.ping(timeout=1, limit=1))


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database_answers,
    "broker": _broker_answers,
    "worker": _worker_answers,
}


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, broker and a worker answer, else 503 with which do not; within two seconds either way."""
    asked = {name: _THREADS.submit(check) for name, check in CHECKS.items()}
    wait(asked.values(), timeout=LIMIT_SECONDS)
    answers = {}
    for name, answer in asked.items():
        answer.cancel()
        error = answer.exception() if answer.done() and not answer.cancelled() else None
        answers[name] = answer.done() and not answer.cancelled() and error is None and answer.result()
        if not answers[name]:
            log.warning("part_does_not_answer", part=name, kind=type(error).__name__ if error else "timeout")
    ready = all(answers.values())
    return JsonResponse({"ready": ready, **answers}, status=200 if ready else 503)
