"""A refused rule becomes an answer a person can read (业务错误的统一回答), so no view catches it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from apps.core.errors import DomainError


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
