"""The workbench (工作台): what is due, by date, with how much is already filled; and one's own page (我的)."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.roles import Permission, Role
from apps.ledgers.selectors import burden, sheets, tasks
from apps.portal.gallery import examples
from apps.portal.idle import IDLE
from apps.portal.navigation import TABS, menu


@login_required
@require_safe
def workbench(request: HttpRequest) -> HttpResponse:
    if request.user.posting is None:
        return render(request, "accounts/no_posting.html", status=403)
    context: dict[str, object] = {"idle": IDLE[Role(request.user.posting.role)]}
    if request.user.can(Permission.SHEET_FILL):
        due = list(sheets.sheets_due(request.user)[:50])
        departments = sheets.departments_of(due)
        context["due"] = [(sheet, departments.get(sheet.plan_id, "")) for sheet in due]
        started = [sheet for sheet in due if sheet.last_edit_at]
        context["last"] = max(started, key=lambda sheet: sheet.last_edit_at, default=None)
    else:
        context["tasks"] = tasks.tasks_of(request.user)
    if request.user.can(Permission.BURDEN_VIEW):
        code, name = burden.burden_area(request.user)
        context["burden"] = burden.burden_of_area(area_code=code, name=name)
    return render(request, "portal/workbench.html", context)


@login_required
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """One's own page (我的): posts, reading size, and on a phone the entries that have no tab."""
    entries = [entry for group in menu(request.user, request.path) for entry in group["entries"]]
    return render(request, "portal/me.html", {"more": entries[TABS - 1 :] if request.user.posting else []})


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in each of its states, for developers (部件一览); there is no such page in production."""
    if request.htmx:
        return HttpResponse(status=204)  # the tasks shown never go on
    return render(request, "portal/components.html", examples())
