"""The sheet of a village (采集表): the grid, its saves, one person a page, handing in."""

import json
import uuid
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.roles import Permission
from apps.core.errors import DomainError
from apps.ledgers import permissions
from apps.ledgers.models import CollectionSheet
from apps.ledgers.selectors import sheets as selectors
from apps.ledgers.services import filling
from apps.ledgers.services.filling import Edit, Saved

MOST_EDITS = 10_000  # 300 pasted rows of 30 columns


@login_required
@require_safe
def sheet_list(request: HttpRequest) -> HttpResponse:
    """Every sheet of the person's villages, soonest first (台账填报)."""
    if not request.user.can(Permission.SHEET_VIEW):
        raise PermissionDenied("只有村居和街镇可以看台账填报")
    found = selectors.with_figures(CollectionSheet.objects.visible_to(request.user))
    sheets = list(found.order_by("plan__due_on", "area_code", "pk")[:200])
    departments = selectors.departments_of(sheets)
    context = {"sheets": [(sheet, departments.get(sheet.plan_id, "")) for sheet in sheets]}
    return render(request, "ledgers/sheets.html", context)


def _sheet(request: HttpRequest, pk: int) -> CollectionSheet:
    return get_object_or_404(
        CollectionSheet.objects.visible_to(request.user).select_related("plan", "area__parent"), pk=pk
    )


@login_required
@require_safe
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """One village's sheet as a grid, with where every value comes from (采集表)."""
    found = _sheet(request, pk)
    only = request.GET.get("filter", "all")
    only = only if only in selectors.FILTERS else "all"
    after = request.GET.get("after", "")
    reader = selectors.GridReader(selectors.ordered_columns(found))
    rows, go_on = selectors.rows_page(sheet=found, only=only, after=int(after) if after.isdigit() else 0)
    context = {
        "sheet": found,
        "title": found.plan.title,
        "department_names": selectors.departments_of([found]).get(found.plan_id, ""),
        "period_label": found.plan.get_period_display(),
        "due": found.plan.due_on,
        "columns": reader.grid_columns(),
        "rows": [reader.row(row) for row in rows],
        "progress": selectors.progress(found),
        "filter": only,
        "next_url": f"?filter={only}&after={go_on}" if go_on else "",
        "previous_url": f"?filter={only}" if after else "",
        "urls": {name: reverse(f"ledgers:sheet_{name}", args=[pk]) for name in ("save", "confirm", "undo", "submit")},
        "readonly": bool(permissions.why_not_fill(request.user, found)),
        "submission": found.submissions.select_related("submitted_by", "checked_by").order_by("-round").first(),
        "may_check": permissions.why_not_check(request.user, found) is None,
    }
    return render(request, "ledgers/sheet.html", context)


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise DomainError("没有读到要保存的内容", "请刷新页面后再试")
    return body


def _answer(found: CollectionSheet, saved: Saved, **more: object) -> JsonResponse:
    """The rows as they are now; a refused cell shows theirs, with mine beside it (他人已改)."""
    reader = selectors.GridReader(selectors.ordered_columns(found))
    mine = {(refused.row, refused.key): refused.mine for refused in saved.refused}
    rows = []
    for row in saved.rows:
        shown = reader.row(row)
        cells = [
            replace(cell, state="conflict", alt_value=mine[row.pk, cell.key], alt_source="本人")
            if (row.pk, cell.key) in mine
            else cell
            for cell in shown.cells
        ]
        body = replace(shown, cells=tuple(cells)).as_json()
        for cell in body["cells"]:
            cell["accepted"] = (row.pk, cell["key"]) not in mine
        rows.append(body)
    words = {"saved_at": f"{timezone.localtime():%H:%M}", "undo": str(saved.batch)}
    return JsonResponse({"rows": rows, "progress": selectors.progress(found).as_json(), **words, **more})


@login_required
@require_POST
def save(request: HttpRequest, pk: int) -> JsonResponse:
    found = _sheet(request, pk)
    try:
        edits = [
            Edit(
                row=int(edit["row"]),
                key=str(edit["key"]),
                version=int(edit["version"]),
                value=str(edit.get("value", "")),
                choose=edit.get("choose"),
            )
            for edit in _body(request)["edits"][:MOST_EDITS]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DomainError("要保存的内容不完整", "请刷新页面后再试") from error
    return _answer(found, filling.save_cells(sheet=found, edits=edits, by=request.user))


@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> JsonResponse:
    found = _sheet(request, pk)
    try:
        versions = {int(row["id"]): int(row["version"]) for row in _body(request)["rows"]}
    except (KeyError, TypeError, ValueError) as error:
        raise DomainError("要确认的行不完整", "请刷新页面后再试") from error
    saved = filling.confirm_rows(sheet=found, versions=versions, by=request.user)
    confirmed = len(versions) - saved.skipped
    message = f"已确认 {confirmed} 人无变化"
    if saved.skipped:
        message += f"；另 {saved.skipped} 人还有未处理的格，或数据较旧须逐人核对"
    return _answer(found, saved, confirmed=confirmed, skipped=saved.skipped, message=message)


@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> JsonResponse:
    found = _sheet(request, pk)
    try:
        batch = uuid.UUID(str(_body(request).get("undo")))
    except ValueError as error:
        raise DomainError("没有可撤销的操作") from error
    saved = filling.undo(sheet=found, batch=batch, by=request.user)
    message = f"已撤销，另有 {saved.skipped} 格之后又改过，没有撤" if saved.skipped else "已撤销"
    return _answer(found, saved, message=message)


@login_required
@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    found = _sheet(request, pk)
    try:
        filling.submit_sheet(sheet=found, by=request.user)
    except DomainError as problem:
        messages.error(request, str(problem))
        return redirect(f"{found.get_absolute_url()}?filter=unchecked")
    messages.success(request, f"《{found.plan.title}》已提交")
    return redirect("portal:workbench")


@login_required
def person(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """One row as a form (逐人填写): works without JavaScript, and is the way to fill in on a phone."""
    found = _sheet(request, pk)
    current = get_object_or_404(found.rows, pk=row)
    columns = selectors.ordered_columns(found)
    before = found.rows.filter(ordinal__lt=current.ordinal).order_by("-ordinal").values_list("pk", flat=True).first()
    following = found.rows.filter(ordinal__gt=current.ordinal).order_by("ordinal").values_list("pk", flat=True).first()
    if request.method == "POST":
        _save_person(request, found, current.pk, [column.key for column in columns])
        return redirect("ledgers:sheet_person", pk, following or row)
    reader = selectors.GridReader(columns)
    shown = reader.row(current)
    context = {
        "sheet": found,
        "title": found.plan.title,
        "row": shown,
        "columns": reader.grid_columns(),
        "pairs": list(zip(reader.grid_columns(), shown.cells, strict=True)),
        "position": found.rows.filter(ordinal__lt=current.ordinal).count() + 1,
        "total": found.rows.count(),
        "previous_url": reverse("ledgers:sheet_person", args=[pk, before]) if before else "",
        "next_url": reverse("ledgers:sheet_person", args=[pk, following]) if following else "",
        "readonly": bool(permissions.why_not_fill(request.user, found)),
    }
    return render(request, "ledgers/sheet_person.html", context)


def _save_person(request: HttpRequest, found: CollectionSheet, row: int, keys: list[str]) -> None:
    """Save what changed on the form, then confirm the row when asked to (没有变化，下一位)."""
    version = int(request.POST.get("version") or 0)
    edits = []
    for key in keys:
        choice = request.POST.get(f"choose:{key}")
        if choice in ("current", "other"):
            edits.append(Edit(row, key, version, choose=choice))
        elif key in request.POST and request.POST[key] != request.POST.get(f"was:{key}", ""):
            edits.append(Edit(row, key, version, request.POST[key]))
    saved = filling.save_cells(sheet=found, edits=edits, by=request.user)
    for refused in saved.refused:
        messages.error(request, f"“{refused.mine}”没有保存：同事刚改过这一格，请看过后再填")
    if request.POST.get("act") == "confirm":
        current = found.rows.values_list("version", flat=True).get(pk=row)
        done = filling.confirm_rows(sheet=found, versions={row: current}, by=request.user)
        if done.skipped:
            messages.error(request, "这一位还有待填或有误的项，没有确认")
