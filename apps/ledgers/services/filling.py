"""Filling a sheet in (填报): cells saved one by one, confirmed by the row, undone by the batch, then handed in."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.catalog import masking
from apps.catalog.models import CodeItem
from apps.catalog.values import CodeTable, ValueProblem, parse
from apps.catalog.values.text import without_invisible
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
from apps.ledgers.selectors.sheets import is_derived, is_filled_by_submitting, is_past_term, is_worked_out
from apps.ledgers.services import prefilling

Cell = dict[str, Any]
LONGEST = 500  # characters of one cell
BIRTH_DATE, AGE = "person.birth_date", "person.age"


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
    """What a save did: the rows as they are now, what was refused, and the batch that undoes it.

    `changed` counts what was written (cells, or rows when confirming); `skipped` what was left out: cells whose row is
    gone or that are worked out, rows with something left to do, cells changed since; `old` rows with values past term.
    """

    rows: list[SheetRow]
    refused: list[Refused] = field(default_factory=list)
    changed: int = 0
    skipped: int = 0
    old: int = 0
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
def save_cells(*, sheet: CollectionSheet, edits: Sequence[Edit], by: User, batch: uuid.UUID | None = None) -> Saved:
    """Save what was typed (保存草稿): a wrong value is kept with its reason, a colleague's is never overwritten.

    A cell that is not there to be filled (its row was taken off, its value is worked out) holds up no other. `batch`
    continues an earlier save of the same act, so that both are undone together.
    """
    sheet = _open_sheet(sheet, by)
    columns = plan_columns(sheet)
    tables = code_tables([columns[key] for key in {edit.key for edit in edits} & columns.keys()])
    rows = _locked(sheet, [edit.row for edit in edits])
    saved = Saved([], batch=batch or uuid.uuid4())
    log: list[CellEdit] = []
    for edit in edits:
        row, column = rows.get(edit.row), columns.get(edit.key)
        before = row.cells.get(edit.key) if row else None
        if row is None or column is None or is_derived(before):
            saved.skipped += 1
            continue
        after = _answer(edit, before, column, tables.get(edit.key))
        if _same(column, before, after):
            continue
        if before and before.get("n", 1) > edit.version:
            saved.refused.append(Refused(row.pk, edit.key, edit.value))
            continue
        log.append(_write(row, edit.key, before, after, saved.batch, by))
        if edit.key == BIRTH_DATE and AGE in columns:
            log += _age_anew(row, columns[BIRTH_DATE], saved.batch, by)
    saved.changed = _keep(sheet, rows, log, columns)
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
        if row.gaps or row.errors or row.conflicts or row.version > versions[row.pk]:
            saved.skipped += 1
            continue
        if len(versions) > 1 and is_stale(row, columns):
            saved.old += 1
            continue
        waiting = [(key, cell) for key, cell in row.cells.items() if cell["t"] == CellState.PREFILLED]
        saved.changed += bool(waiting)
        for key, before in waiting:
            log.append(_write(row, key, before, before | {"t": CellState.CONFIRMED.value}, saved.batch, by))
    _keep(sheet, rows, log, columns)
    saved.rows = list(rows.values())
    return saved


@transaction.atomic
def undo(*, sheet: CollectionSheet, batch: uuid.UUID, by: User) -> Saved:
    """Take one's own last act back (撤销); cells changed since stay as they are and count as skipped."""
    sheet = _open_sheet(sheet, by)
    edits = list(CellEdit.objects.filter(batch=batch, by=by, row__sheet=sheet).order_by("-pk"))
    if not edits:
        raise DomainError("没有可撤销的操作", "只能撤销本人在这份台账里的填写")
    rows = _locked(sheet, [edit.row_id for edit in edits])
    saved = Saved([])
    log = []
    for edit in edits:
        row = rows[edit.row_id]
        if row.cells.get(edit.key) != edit.after:
            saved.skipped += 1
            continue
        log.append(_write(row, edit.key, edit.after, edit.before, saved.batch, by))
    saved.changed = _keep(sheet, rows, log, plan_columns(sheet))
    saved.rows = list(rows.values())
    return saved


@transaction.atomic
def submit_sheet(*, sheet: CollectionSheet, by: User) -> Submission:
    """Hand the sheet in (提交台账): what was typed or confirmed becomes part of the register, once."""
    sheet = _open_sheet(sheet, by)
    _fill_by_submitting(sheet, by)
    left = [
        (f"还有 {sheet.rows.filter(gaps__gt=0).count()} 行有必填项没有填", sheet.rows.filter(gaps__gt=0)),
        (f"还有 {sheet.rows.filter(errors__gt=0).count()} 行有错误", sheet.rows.filter(errors__gt=0)),
        (f"还有 {sheet.rows.filter(conflicts__gt=0).count()} 行来源不一致", sheet.rows.filter(conflicts__gt=0)),
    ]
    problems = [sentence for sentence, rows in left if rows.exists()]
    if problems:
        raise DomainError("，".join(problems), "填好、改正后再提交")
    move_sheet(sheet, SheetStatus.SUBMITTED)  # first, so that it does not follow its own answers
    submission = Submission.objects.create(
        sheet=sheet,
        round=sheet.submissions.count() + 1,
        submitted_by=by,
        register_changes=_into_register(sheet, by),
    )
    prefilling.refresh_figures(plan_id=sheet.plan_id, villages=[sheet.area_id])
    return submission


def _fill_by_submitting(sheet: CollectionSheet, by: User) -> None:
    """Fill in what handing in itself says (提交时自动填): row number, filler, village, day; what was typed stays."""
    columns = plan_columns(sheet)
    own = {key: column.element_id for key, column in columns.items() if is_filled_by_submitting(column)}
    if not own:
        return
    today = timezone.localdate().isoformat()
    said = {"record.filler_name": by.name, "record.fill_date": today, "record.fill_org": sheet.area.short_name}
    required = {key for key, column in columns.items() if column.is_required}
    rows = list(sheet.rows.select_for_update().order_by("ordinal", "pk"))
    for number, row in enumerate(rows, start=1):
        for key, element in own.items():
            if key not in row.cells or is_derived(row.cells[key]):
                value = said.get(element or "", str(number))
                row.cells[key] = {"v": value, "s": "derived", "d": today, "t": CellState.CONFIRMED.value}
        recount(row, required)
    SheetRow.objects.bulk_update(rows, ["cells", "gaps", "unconfirmed"], batch_size=500)


def move_sheet(sheet: CollectionSheet, to: SheetStatus) -> None:
    """Move a sheet along its table (流转); every change of status passes here."""
    if to not in CollectionSheet.TRANSITIONS[SheetStatus(sheet.status)]:
        raise InvalidTransition(f"“{sheet.get_status_display()}”的台账不能转为“{to.label}”")
    sheet.status = to
    sheet.save()


def is_stale(row: SheetRow, columns: dict[str, PlanColumn]) -> bool:
    """Whether a value still to be confirmed is past its element's term (已过有效期)."""
    today = timezone.localdate()
    return any(is_past_term(columns[key], cell, today) for key, cell in row.cells.items() if key in columns)


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
    if edit.choose:
        return before  # the choice was made meanwhile, by me or by a colleague
    if before and column.data_type == "id_number" and edit.value == _masked(column, before):
        return before  # a masked value sent back as it was shown says nothing new
    typed = {"s": "self", "d": today.isoformat(), "t": CellState.TYPED.value}
    written = without_invisible(edit.value)
    if len(written) > LONGEST:
        why = f"一格最多 {LONGEST} 字，现为 {len(written):,} 字，只留下了开头"
        return typed | {"v": sealed(column, written[:LONGEST]), "e": why}
    element = column.element_id or ""
    try:
        value = parse(column.data_type, written, options=table or (), today=today, element=element).normalised
    except ValueProblem as problem:
        return typed | {"v": sealed(column, written), "e": problem.message}
    if not value:
        return None
    if before and before["t"] == CellState.PREFILLED and plain(column, before) == value:
        return before | {"t": CellState.CONFIRMED.value}
    return typed | {"v": sealed(column, value)}


def _masked(column: PlanColumn, cell: Cell) -> str:
    return masking.mask(column.data_type, plain(column, cell), element=column.key)


def _age_anew(row: SheetRow, column: PlanColumn, batch: uuid.UUID, by: User) -> list[CellEdit]:
    """The age follows the birth date on the same sheet (年龄随出生日期重算), where nobody typed it."""
    before, birth = row.cells.get(AGE), row.cells.get(BIRTH_DATE, {})
    born = "" if "e" in birth else plain(column, birth)
    if (before and not is_derived(before)) or len(born) != len("1950-01-01"):
        return []
    today, day = timezone.localdate(), date.fromisoformat(born)
    age = today.year - day.year - ((today.month, today.day) < (day.month, day.day))
    after = {"v": str(age), "s": "derived", "d": today.isoformat(), "t": CellState.PREFILLED.value}
    if before and before["v"] == after["v"]:
        return []
    return [_write(row, AGE, before, after, batch, by)]


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
) -> int:
    """Store the changed rows with their counters, the edits, and where the person was. Returns how many cells."""
    if not log:
        return 0
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
    CollectionSheet.objects.filter(pk=sheet.pk).update(
        last_row=log[-1].row_id, last_edit_at=now, started_at=sheet.started_at or now
    )
    moves: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for edit in log:
        if edit.key in columns:
            moves[columns[edit.key].pk][_figure_of(edit.before)] -= 1
            moves[columns[edit.key].pk][_figure_of(edit.after)] += 1
    prefilling.move_figures(sheet_id=sheet.pk, moves={column: move for column, move in moves.items() if any(move)})
    return len(log)


def _figure_of(cell: Cell | None) -> int:
    """Which figure counts the cell: 0 prefilled, 1 typed, 2 empty."""
    return 2 if cell is None else int(cell["t"] == CellState.TYPED)


def _into_register(sheet: CollectionSheet, by: User) -> int:
    """Give what the village said back to the register (回写底册). Returns how many people changed.

    What the register works out by itself stays out; other open sheets follow (一处更新、处处跟上).
    """
    columns = {
        key: column
        for key, column in plan_columns(sheet).items()
        if column.element_id == key and not is_worked_out(column)  # a form's own items stay on the form
    }
    answers: dict[int, dict[str, tuple[str, bool]]] = {}
    for row in sheet.rows.exclude(person=None):
        said = {
            key: (plain(columns[key], cell), cell["t"] == CellState.TYPED)
            for key, cell in row.cells.items()
            if key in columns and cell["t"] in (CellState.TYPED, CellState.CONFIRMED)
        }
        if said and row.person_id:
            answers[row.person_id] = said
    changed = record_answers(answers=answers, day=timezone.localdate(), by=by)
    prefilling.refresh_open_sheets(people=list(answers), as_of=timezone.localdate())
    return changed
