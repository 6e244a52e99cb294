"""The part of a page that follows a long task (长任务的进度)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRefresh

from apps.core.models import BackgroundRun


def follow(request: HttpRequest, run: BackgroundRun | None, template: str, context: dict) -> HttpResponse:
    """How far the run is; once it is over the whole page has changed, and the browser loads it anew."""
    if request.htmx and (run is None or run.is_over):
        return HttpResponseClientRefresh()
    return render(request, template, context | {"run": run})
