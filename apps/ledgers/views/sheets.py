"""The sheet of a village (采集表): the grid, its saves, one person a page, handing in."""

import json
import uuid
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.roles import Permission
from apps.core.errors import DomainError, Outdated
from apps.ledgers import permissions
from apps.ledgers.gridview import name_in_group
from apps.ledgers.models import CollectionSheet, SheetRow
from apps.ledgers.selectors import sheets as selectors
from apps.ledgers.selectors.people import may_add_people, may_add_rows
from apps.ledgers.services import filling
from apps.ledgers.services.filling import Edit, Saved

MOST_EDITS = 10_000  # static/js/grid/saver.js sends fewer at a time
LARGEST_ID = 2**31 - 1


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


@gzip_page  # 470 KB of table are 20 KB; Django's own padding guards what the page holds (BREACH)
@login_required
@require_safe
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """One village's sheet as a grid, with where every value comes from (采集表).

    Opened by its bare address, it comes back to where the person wrote last; `?at=` asks for the page of one row.
    """
    found = _sheet(request, pk)
    readonly = bool(permissions.why_not_fill(request.user, found))
    only = request.GET.get("filter", "all")
    only = only if only in selectors.FILTERS else "all"
    last = selectors.last_place(found, request.user) if not (request.GET or readonly) else None
    at = last[0] if last else found.rows.filter(pk=read_number(request.GET.get("at", ""))).first()
    after = selectors.page_of(found, at) if at else read_number(request.GET.get("after", ""))
    reader = selectors.GridReader(selectors.ordered_columns(found), request.user)
    rows, following, before = selectors.rows_page(sheet=found, only=only, after=after)
    names = ("save", "confirm", "undo", "submit", "people", "add_row")
    context = {
        "sheet": found,
        "title": found.plan.title,
        "department_names": selectors.departments_of([found]).get(found.plan_id, ""),
        "period_label": found.plan.get_period_display(),
        "due": found.plan.due_on,
        "columns": reader.grid_columns(),
        "rows": reader.rows(rows),
        "progress": selectors.progress(found),
        "filter": only,
        "resume": {"row": last[0].pk, "key": last[1]} if last else None,
        "next_url": f"?filter={only}&after={following}" if following else "",
        "previous_url": f"?filter={only}&after={before}" if before is not None else "",
        "urls": {name: reverse(f"ledgers:sheet_{name}", args=[pk]) for name in names},
        "readonly": readonly,
        "adds_people": may_add_people(found) and not readonly,
        "adds_rows": may_add_rows(found) and not readonly,
        "submission": found.submissions.select_related("submitted_by", "checked_by").order_by("-round").first(),
        "may_check": permissions.why_not_check(request.user, found) is None,
    }
    return render(request, "ledgers/sheet.html", context)


def read_number(text: str) -> int:
    """A row's id as it stands in an address; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except RequestDataTooBig as error:
        raise DomainError("一次保存的内容太多", "请分几次粘贴") from error
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise DomainError("没有读到要保存的内容", "请刷新页面后再试")
    return body


def _ensure_open(request: HttpRequest, found: CollectionSheet) -> None:
    """A page that was open when a colleague handed the sheet in hears by whom (台账已提交)."""
    if not found.is_open and permissions.why_not_fill(request.user, found):
        last = found.submissions.select_related("submitted_by").order_by("-round").first()
        if last:
            raise Outdated(f"台账已由{last.submitted_by}提交")


def _ids(*numbers: object) -> tuple[int, ...]:
    """Whole numbers as a row's id and version are; ValueError otherwise."""
    if not all(type(number) is int and 0 <= number <= LARGEST_ID for number in numbers):
        raise ValueError(numbers)
    return numbers  # type: ignore[return-value]


def _edit(body: dict[str, Any]) -> Edit:
    row, version = _ids(body["row"], body["version"])
    key, value, choose = body["key"], body.get("value", ""), body.get("choose")
    if not (isinstance(key, str) and isinstance(value, str) and choose in (None, "current", "other")):
        raise ValueError(body)
    return Edit(row=row, key=key, version=version, value=value, choose=choose)


def _answer(request: HttpRequest, found: CollectionSheet, saved: Saved, **more: object) -> JsonResponse:
    """The rows as they are now; a refused cell shows theirs, with mine beside it (他人已改)."""
    reader = selectors.GridReader(selectors.ordered_columns(found), request.user)
    mine = {(refused.row, refused.key): refused.mine for refused in saved.refused}
    rows = []
    for row in reader.rows(saved.rows):
        refused = frozenset(cell.key for cell in row.cells if (row.id, cell.key) in mine)
        cells = tuple(
            replace(cell, state="conflict", error="", alt_value=mine[row.id, cell.key], alt_source="本人")
            if cell.key in refused
            else cell
            for cell in row.cells
        )
        rows.append(replace(row, cells=cells).as_json(refused=refused))
    answer = {
        "rows": rows,
        "progress": selectors.progress(found).as_json(),
        "saved_at": f"{timezone.localtime():%H:%M}",
        "changed": saved.changed,
        "undo": str(saved.batch) if saved.changed else "",
    }
    return JsonResponse(answer | more)


@gzip_page
@login_required
@require_POST
def save(request: HttpRequest, pk: int) -> JsonResponse:
    found = _sheet(request, pk)
    try:
        body = _body(request)
        edits = [_edit(edit) for edit in body["edits"]]
        batch = uuid.UUID(body["batch"]) if body.get("batch") else None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DomainError("要保存的内容不完整", "请刷新页面后再试") from error
    if len(edits) > MOST_EDITS:
        raise DomainError(f"一次最多保存 {MOST_EDITS:,} 格，现为 {len(edits):,} 格", "请分几次粘贴")
    _ensure_open(request, found)
    saved = filling.save_cells(sheet=found, edits=edits, by=request.user, batch=batch)
    return _answer(request, found, saved, skipped=saved.skipped)


@gzip_page
@login_required
@require_POST
def confirm(request: HttpRequest, pk: int) -> JsonResponse:
    found = _sheet(request, pk)
    try:
        versions = dict(_ids(row["id"], row["version"]) for row in _body(request)["rows"])
    except (KeyError, TypeError, ValueError) as error:
        raise DomainError("要确认的行不完整", "请刷新页面后再试") from error
    _ensure_open(request, found)
    saved = filling.confirm_rows(sheet=found, versions=versions, by=request.user)
    return _answer(request, found, saved, message=_confirmed(saved))


def _confirmed(saved: Saved) -> str:
    """What confirming came to (确认结果), in one sentence; a row that was confirmed before is no trouble."""
    left = sum(selectors.words_left(row)[1] != "done" for row in saved.rows) - saved.old
    if not (saved.changed or left or saved.old):
        return "已核对"
    words = [f"已确认 {saved.changed} 人无变化"]
    if left:
        words.append(f"另 {left} 人还有未处理的格")
    if saved.old:
        words.append(f"{saved.old} 人的数据较旧，请逐人确认")
    return "；".join(words)


@gzip_page
@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> JsonResponse:
    found = _sheet(request, pk)
    try:
        batch = uuid.UUID(str(_body(request).get("undo")))
    except ValueError as error:
        raise DomainError("没有可撤销的操作") from error
    saved = filling.undo(sheet=found, batch=batch, by=request.user)
    message = f"已撤销；另有 {saved.skipped} 格之后又改过，没有撤销" if saved.skipped else "已撤销"
    return _answer(request, found, saved, message=message)


@login_required
@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    found = _sheet(request, pk)
    if not found.is_open and permissions.why_not_fill(request.user, found):
        last = found.submissions.select_related("submitted_by").order_by("-round").first()
        if last:  # clicked twice, or a colleague was quicker
            messages.info(request, f"《{found.plan.title}》已由{last.submitted_by}提交")
            return redirect(found)
    permissions.ensure_allowed(permissions.why_not_fill(request.user, found))
    try:
        filling.submit_sheet(sheet=found, by=request.user)
    except DomainError as problem:
        messages.error(request, str(problem))
        figures = selectors.progress(found)
        left = "error" if figures.errors else "conflict" if figures.conflicts else "gap" if figures.gaps else "all"
        return redirect(f"{found.get_absolute_url()}?filter={left}")
    messages.success(request, f"《{found.plan.title}》已提交")
    return redirect("portal:workbench")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """One row as a form (逐人填写): works without JavaScript, and is the way to fill in on a phone."""
    found = _sheet(request, pk)
    current = get_object_or_404(found.rows, pk=row)
    columns = selectors.ordered_columns(found)
    if request.method == "POST":
        names = {column.key: name_in_group(column.group, column.label) for column in columns}
        if not _save_person(request, found, current, names):
            return redirect("ledgers:sheet_person", pk, row)
        waiting = selectors.next_waiting(found, current)
        if waiting:
            return redirect("ledgers:sheet_person", pk, waiting)
        messages.success(request, "每一位都核对过了，可以提交")
        return redirect(found.get_absolute_url() + "?filter=all")
    before, following = selectors.neighbours(found, current)
    reader = selectors.GridReader(columns, request.user)
    [shown] = reader.rows([current])
    readonly = bool(permissions.why_not_fill(request.user, found))
    context = {
        "sheet": found,
        "title": found.plan.title,
        "row": shown,
        "columns": reader.grid_columns(),
        "position": found.rows.filter(ordinal__lt=current.ordinal).count() + 1,
        "total": found.rows.count(),
        "previous_url": reverse("ledgers:sheet_person", args=[pk, before]) if before else "",
        "next_url": reverse("ledgers:sheet_person", args=[pk, following]) if following else "",
        "readonly": readonly,
        "may_remove": (may_add_people(found) or may_add_rows(found)) and not readonly,
    }
    return render(request, "ledgers/sheet_person.html", context)


def _save_person(request: HttpRequest, found: CollectionSheet, row: SheetRow, labels: dict[str, str]) -> bool:
    """Save what changed on the form, then confirm the row when asked to (没有变化，下一位).

    False when there is something to look at before going on: a wrong value, or one that a colleague changed.
    """
    version = read_number(request.POST.get("version", ""))
    edits = []
    for key in labels:
        choice = request.POST.get(f"choose:{key}")
        typed = request.POST.get(key, "")
        if choice in ("current", "other") and not typed:
            edits.append(Edit(row.pk, key, version, choose=choice))
        elif key in request.POST and typed != request.POST.get(f"was:{key}", ""):
            edits.append(Edit(row.pk, key, version, typed))
    saved = filling.save_cells(sheet=found, edits=edits, by=request.user)
    now = found.rows.get(pk=row.pk)
    if saved.refused:
        reader = selectors.GridReader(selectors.ordered_columns(found), request.user)
        theirs = {cell.key: cell for cell in reader.rows([now])[0].cells}
        for refused in saved.refused:
            other = theirs[refused.key]
            messages.error(
                request,
                f"{labels[refused.key]}：同事刚改为“{other.value or '空'}”（{other.source_name or '已清空'}），"
                f"您填的“{refused.mine or '空'}”没有保存。请看过后再填",
            )
        return False
    if request.POST.get("act") != "confirm":
        return not now.errors
    done = filling.confirm_rows(sheet=found, versions={now.pk: now.version}, by=request.user)
    if done.skipped:
        messages.error(request, "这一位还有待填、有误或来源不一致的项，没有确认")
    return not done.skipped
