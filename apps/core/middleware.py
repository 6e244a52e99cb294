"""What every request passes (每个请求都经过): one line in the log with its id, and an answer a person can read."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django_structlog.middlewares import RequestMiddleware

from apps.core.errors import DomainError

REQUEST_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LARGEST_KEY = 10**9  # a longer number in an address may be somebody's identity number or phone


class RequestLogMiddleware(RequestMiddleware):
    """One line a request (请求日志): who by id, which page by its route, how it ended, how long it took.

    The address as typed never reaches the log: a path or a query may hold what a person searched for. The id stands in
    the answer's X-Request-ID, on the page of a failure, and on the lines of every task the request started.
    """

    def prepare(self, request: HttpRequest) -> None:
        structlog.contextvars.clear_contextvars()
        given = request.headers.get("X-Request-ID", "") if settings.TRUST_REQUEST_ID else ""
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.started_at = time.perf_counter()  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(request_id=request_id)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return request.method if request.method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "…"

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """The route and its keys are known by now; the user only if somebody asked: a log line opens no session."""
        match = request.resolver_match
        captured = match.kwargs if match else {}
        keys = {key: value for key, value in captured.items() if isinstance(value, int) and value < LARGEST_KEY}
        took = round((time.perf_counter() - request.started_at) * 1000)  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(**keys | {"route": match.route if match else None, "ms": took})
        user = getattr(request, "_cached_user", None)
        if user is not None:
            structlog.contextvars.bind_contextvars(user_id=user.pk)

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        response["X-Request-ID"] = structlog.contextvars.get_contextvars().get("request_id", "")
        super().handle_response(request, response)


class DomainErrorMiddleware:
    """JSON for scripts, a page for people; both with the error's own status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        words = {"message": exception.message, "hint": exception.hint}
        if request.accepts("text/html"):
            return render(request, "core/problem.html", words, status=exception.status)
        return JsonResponse(words, status=exception.status)
