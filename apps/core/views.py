"""The page of a failure (出错页): it needs no database, and names the incident the log knows."""

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

MESSAGE = "系统出了问题，已记录。请过几分钟再试，已保存的内容不会丢"


def server_error(request: HttpRequest) -> HttpResponse:
    incident = structlog.contextvars.get_contextvars().get("request_id", "")
    if request.accepts("text/html"):
        words = {"incident": incident, "message": MESSAGE, "part": bool(getattr(request, "htmx", False))}
        return HttpResponse(render_to_string("500.html", words), status=500)
    return JsonResponse({"message": MESSAGE, "incident": incident}, status=500)
