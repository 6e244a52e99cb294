"""Filling a sheet in (填报): cells saved one by one, confirmed by the row, undone by the batch, then handed in."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.catalog import masking
from apps.catalog.models import CodeItem
from apps.catalog.values import CodeTable, ValueProblem, parse
from apps.collection.services import record_answers
from apps.core import crypto
from apps.core.errors import DomainError, InvalidTransition
from apps.ledgers.models import (
    CellEdit,
    CellState,
    CollectionSheet,
    PlanColumn,
    SheetRow,
    SheetStatus,
    Submission,
)
from apps.ledgers.permissions import ensure_allowed, why_not_fill
from apps.ledgers.services import prefilling

Cell = dict[str, Any]
STALE_AFTER_DAYS = 180  # an element without a term of its own; older values are confirmed one by one


@dataclass(frozen=True)
class Edit:
    """One cell as the person left it; `version` is the row's when they read it, `choose` answers a conflict."""

    row: int
    key: str
    version: int
    value: str = ""
    choose: Literal["current", "other"] | None = None


@dataclass(frozen=True)
class Refused:
    """A cell somebody else changed meanwhile (他人已改): theirs stays, mine is shown beside it."""

    row: int
    key: str
    mine: str


@dataclass
class Saved:
    """What a save did: the rows as they are now, what was refused, and the batch that undoes it."""

    rows: list[SheetRow]
    refused: list[Refused] = field(default_factory=list)
    skipped: int = 0
    batch: uuid.UUID = field(default_factory=uuid.uuid4)


def code_tables(columns: Sequence[PlanColumn]) -> dict[str, CodeTable]:
    """Tables of the coded columns by key (代码表)."""
    sets = {column.element.code_set_id for column in columns if column.element and column.element.code_set_id}
    items: dict[str, list[tuple[str, str]]] = {}
    for item in CodeItem.objects.filter(code_set__in=sets):
        items.setdefault(item.code_set_id, []).append((item.code, item.name))
    tables = {
        column.key: CodeTable.of(tuple(items[column.element.code_set_id]))
        for column in columns
        if column.element and column.element.code_set_id in items
    }
    return tables | {
        column.key: CodeTable.of(tuple((option, option) for option in column.options))
        for column in columns
        if column.options and column.key not in tables
    }


def plan_columns(sheet: CollectionSheet) -> dict[str, PlanColumn]:
    return {column.key: column for column in sheet.plan.columns.select_related("element")}


@transaction.atomic
def save_cells(*, sheet: CollectionSheet, edits: Sequence[Edit], by: User) -> Saved:
    """Save what was typed (保存草稿): a wrong value is kept with its reason, a colleague's is never overwritten."""
    sheet = _open_sheet(sheet, by)
    columns = plan_columns(sheet)
    tables = code_tables(list(columns.values()))
    rows = _locked(sheet, [edit.row for edit in edits])
    saved = Saved([])
    log: list[CellEdit] = []
    for edit in edits:
        row, column = rows.get(edit.row), columns.get(edit.key)
        if row is None or column is None:
            raise DomainError("这份台账已有变化，找不到要保存的格子", "请刷新页面，再填一次这一格")
        before = row.cells.get(edit.key)
        after = _answer(edit, before, column, tables.get(edit.key))
        if _same(column, before, after):
            continue
        if before and before.get("n", 1) > edit.version:
            saved.refused.append(Refused(row.pk, edit.key, edit.value))
            continue
        log.append(_write(row, edit.key, before, after, saved.batch, by))
    _keep(sheet, rows, log, columns)
    saved.rows = list(rows.values())
    return saved


@transaction.atomic
def confirm_rows(*, sheet: CollectionSheet, versions: dict[int, int], by: User) -> Saved:
    """Confirm that nothing changed (确认无变化): whole rows, and only those with nothing left to do.

    Of several rows at once, those with a value past its term are left out: they are confirmed one by one.
    """
    sheet = _open_sheet(sheet, by)
    columns = plan_columns(sheet)
    rows = _locked(sheet, list(versions))
    saved = Saved([])
    log: list[CellEdit] = []
    for row in rows.values():
        stale = len(versions) > 1 and is_stale(row, columns)
        if row.gaps or row.errors or row.conflicts or stale or row.version > versions[row.pk]:
            saved.skipped += 1
            continue
        for key, before in list(row.cells.items()):
            if before["t"] == CellState.PREFILLED:
                log.append(_write(row, key, before, before | {"t": CellState.CONFIRMED.value}, saved.batch, by))
    _keep(sheet, rows, log, columns)
    saved.rows = list(rows.values())
    return saved


@transaction.atomic
def undo(*, sheet: CollectionSheet, batch: uuid.UUID, by: User) -> Saved:
    """Take one's own last act back (撤销); cells changed since stay as they are and count as skipped."""
    sheet = _open_sheet(sheet, by)
    edits = list(CellEdit.objects.filter(batch=batch, by=by, row__sheet=sheet).order_by("-pk"))
    rows = _locked(sheet, [edit.row_id for edit in edits])
    saved = Saved([])
    log = []
    for edit in edits:
        row = rows[edit.row_id]
        if row.cells.get(edit.key) != edit.after:
            saved.skipped += 1
            continue
        log.append(_write(row, edit.key, edit.after, edit.before, saved.batch, by))
    _keep(sheet, rows, log, plan_columns(sheet))
    saved.rows = list(rows.values())
    return saved


@transaction.atomic
def submit_sheet(*, sheet: CollectionSheet, by: User) -> Submission:
    """Hand the sheet in (提交台账): what was typed or confirmed becomes part of the register, once."""
    sheet = _open_sheet(sheet, by)
    left = [
        (f"还有 {sheet.rows.filter(gaps__gt=0).count()} 行有必填项没有填", sheet.rows.filter(gaps__gt=0)),
        (f"还有 {sheet.rows.filter(errors__gt=0).count()} 行有错误", sheet.rows.filter(errors__gt=0)),
        (f"还有 {sheet.rows.filter(conflicts__gt=0).count()} 行来源不一致", sheet.rows.filter(conflicts__gt=0)),
    ]
    problems = [sentence for sentence, rows in left if rows.exists()]
    if problems:
        raise DomainError("，".join(problems), "填好、改正后再提交")
    submission = Submission.objects.create(
        sheet=sheet,
        round=sheet.submissions.count() + 1,
        submitted_by=by,
        register_changes=_into_register(sheet, by),
    )
    move_sheet(sheet, SheetStatus.SUBMITTED)
    prefilling.refresh_figures(plan_id=sheet.plan_id, villages=[sheet.area_id])
    return submission


def move_sheet(sheet: CollectionSheet, to: SheetStatus) -> None:
    """Move a sheet along its table (流转); every change of status passes here."""
    if to not in CollectionSheet.TRANSITIONS[SheetStatus(sheet.status)]:
        raise InvalidTransition(f"“{sheet.get_status_display()}”的台账不能转为“{to.label}”")
    sheet.status = to
    sheet.save()


def is_stale(row: SheetRow, columns: dict[str, PlanColumn]) -> bool:
    """Whether a value still to be confirmed is past its element's term (已过有效期)."""
    today = timezone.localdate()
    for key, cell in row.cells.items():
        element = columns[key].element if key in columns else None
        term = element.freshness_days if element else STALE_AFTER_DAYS
        if cell["t"] == CellState.PREFILLED and term and date.fromisoformat(cell["d"]) + timedelta(days=term) < today:
            return True
    return False


def recount(row: SheetRow, required: set[str]) -> None:
    """Set the counters from the cells (待办计数)."""
    cells = row.cells.values()
    row.gaps = len(required - row.cells.keys())
    row.errors = sum("e" in cell for cell in cells)
    row.conflicts = sum(cell["t"] == CellState.CONFLICT for cell in cells)
    row.unconfirmed = sum(cell["t"] == CellState.PREFILLED for cell in cells)


def plain(column: PlanColumn, cell: Cell | None) -> str:
    """The stored value, opened when it is a token."""
    if not cell:
        return ""
    encrypted = column.element and column.element.is_encrypted
    return crypto.decrypt(column.key, cell["v"]) if encrypted else cell["v"]


def sealed(column: PlanColumn, value: str) -> str:
    return crypto.encrypt(column.key, value) if column.element and column.element.is_encrypted else value


def _open_sheet(sheet: CollectionSheet, by: User) -> CollectionSheet:
    sheet = CollectionSheet.objects.select_for_update(of=("self",)).select_related("plan").get(pk=sheet.pk)
    ensure_allowed(why_not_fill(by, sheet))
    return sheet


def _locked(sheet: CollectionSheet, ids: Sequence[int]) -> dict[int, SheetRow]:
    return {row.pk: row for row in SheetRow.objects.select_for_update().filter(sheet=sheet, pk__in=ids)}


def _answer(edit: Edit, before: Cell | None, column: PlanColumn, table: CodeTable | None) -> Cell | None:
    """The cell as the edit makes it; None for an emptied one."""
    today = timezone.localdate()
    if edit.choose and before and "alt" in before:
        kept = before["alt"] if edit.choose == "other" else {key: before[key] for key in ("v", "s", "d")}
        return kept | {"t": CellState.CONFIRMED.value}
    if before and edit.value == masking.mask(column.data_type, plain(column, before), element=column.key):
        return before  # a masked value sent back as it was shown says nothing new
    typed = {"s": "self", "d": today.isoformat(), "t": CellState.TYPED.value}
    element = column.element_id or ""
    try:
        value = parse(column.data_type, edit.value, options=table or (), today=today, element=element).normalised
    except ValueProblem as problem:
        return typed | {"v": sealed(column, edit.value), "e": problem.message}
    if not value:
        return None
    if before and before["t"] == CellState.PREFILLED and plain(column, before) == value:
        return before | {"t": CellState.CONFIRMED.value}
    return typed | {"v": sealed(column, value)}


def _same(column: PlanColumn, before: Cell | None, after: Cell | None) -> bool:
    if before is None or after is None:
        return before is after
    alike = all(before.get(key) == after.get(key) for key in ("s", "t", "e", "alt"))
    return alike and plain(column, before) == plain(column, after)


def _write(row: SheetRow, key: str, before: Cell | None, after: Cell | None, batch: uuid.UUID, by: User) -> CellEdit:
    if after is None:
        row.cells.pop(key, None)
    else:
        after = after | {"n": row.version + 1, "b": by.pk}
        row.cells[key] = after
    return CellEdit(row=row, key=key, before=before, after=after, batch=batch, by=by)


def _keep(
    sheet: CollectionSheet, rows: dict[int, SheetRow], log: list[CellEdit], columns: dict[str, PlanColumn]
) -> None:
    """Store the changed rows with their counters, the edits, and where the person was."""
    if not log:
        return
    required = {key for key, column in columns.items() if column.is_required}
    changed = {edit.row_id: rows[edit.row_id] for edit in log}
    for row in changed.values():
        row.version += 1
        recount(row, required)
    SheetRow.objects.bulk_update(
        changed.values(), ["cells", "version", "gaps", "errors", "conflicts", "unconfirmed"], batch_size=200
    )
    CellEdit.objects.bulk_create(log)
    now = timezone.now()
    CollectionSheet.objects.filter(pk=sheet.pk).update(last_row=log[-1].row_id, last_edit_at=now)
    CollectionSheet.objects.filter(pk=sheet.pk, started_at=None).update(started_at=now)
    prefilling.refresh_figures(plan_id=sheet.plan_id, villages=[sheet.area_id])


def _into_register(sheet: CollectionSheet, by: User) -> int:
    """Give what the village said back to the register (回写底册). Returns how many people changed."""
    columns = plan_columns(sheet)
    answers: dict[int, dict[str, tuple[str, bool]]] = {}
    for row in sheet.rows.exclude(person=None):
        said = {
            key: (plain(columns[key], cell), cell["t"] == CellState.TYPED)
            for key, cell in row.cells.items()
            if columns[key].element and cell["t"] in (CellState.TYPED, CellState.CONFIRMED) and cell["s"] != "derived"
        }
        if said and row.person_id:
            answers[row.person_id] = said
    return record_answers(answers=answers, day=timezone.localdate(), by=by)
