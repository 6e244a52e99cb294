"""Whether the site is alive and ready (健康检查)."""

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from communitycloud import celery_app


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _broker_answers() -> bool:
    cache.get("readyz")
    return True


def _worker_answers() -> bool:
    return bool(celery_app.control.inspect(timeout=1).ping())


CHECKS = {"database": _database_answers, "broker": _broker_answers, "worker": _worker_answers}


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, broker and a worker answer, else 503 with which do not."""
    answers = {}
    for name, check in CHECKS.items():
        try:
            answers[name] = check()
        except Exception:  # whatever a part raises, it does not answer
            answers[name] = False
    ready = all(answers.values())
    return JsonResponse({"ready": ready, **answers}, status=200 if ready else 503)
