"""The workbench (工作台): what is due, by date, with how much is already filled."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.roles import Permission
from apps.ledgers.selectors import burden, sheets, tasks


@login_required
def workbench(request: HttpRequest) -> HttpResponse:
    if request.user.posting is None:
        return render(request, "accounts/no_posting.html", status=403)
    context: dict[str, object] = {}
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
