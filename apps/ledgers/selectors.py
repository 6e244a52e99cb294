"""Reads for the pages of ledgers (台账页面所需的读取)."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.models import User
from apps.catalog.models import CodeItem
from apps.core import crypto
from apps.ledgers.models import CollectionSheet, PlanColumn, SheetRow

MARKS = {"register": "采集", "village": "本村", "city": "市库", "department": "部门", "derived": "推算", "self": "本人"}
ROWS_A_PAGE = 200


def sheets_due(user: User) -> QuerySet[CollectionSheet]:
    """Sheets the person's villages still owe, soonest first, with cells asked and already filled (待填报)."""
    return (
        CollectionSheet.objects.visible_to(user)
        .to_do()
        .select_related("plan", "area")
        .annotate(
            asked=Coalesce(Sum("figures__rows"), 0),
            prefilled=Coalesce(Sum("figures__prefilled"), 0),
            typed=Coalesce(Sum("figures__typed"), 0),
        )
        .annotate(known=F("prefilled") + F("typed"))
        .order_by("plan__due_on", "pk")
    )


@dataclass(frozen=True)
class ShownCell:
    """单元格: display text, state, and the short mark of source and day (采集 10-13, with the year if past)."""

    value: str
    state: str
    mark: str


@dataclass(frozen=True)
class ShownRow:
    """一行: name, address, and its cells in the order of the columns."""

    title: str
    subtitle: str
    cells: list[ShownCell]


def shown_rows(*, sheet: CollectionSheet, columns: list[PlanColumn]) -> list[ShownRow]:
    """The first 200 rows as a village reads them; encrypted values are opened, ID numbers stay masked (证件号脱敏)."""
    sets = {column.element.code_set_id for column in columns if column.element}
    names = {(item.code_set_id, item.code): item.name for item in CodeItem.objects.filter(code_set__in=sets - {None})}
    return [
        ShownRow(row.title, row.subtitle, [_shown(row.cells.get(column.key), column, names) for column in columns])
        for row in SheetRow.objects.filter(sheet=sheet)[:ROWS_A_PAGE]
    ]


def _shown(cell: dict | None, column: PlanColumn, names: dict[tuple[str, str], str]) -> ShownCell:
    if cell is None:
        return ShownCell("", "empty", "")
    value = cell["v"]
    if column.element and column.element.is_encrypted:
        value = crypto.decrypt(column.key, value)
    if column.element and column.element.code_set_id:
        value = names.get((column.element.code_set_id, value), value)
    if column.data_type == "id_number" and len(value) == 18:
        value = f"{value[:6]}{'*' * 8}{value[-4:]}"
    day = date.fromisoformat(cell["d"])
    written = f"{day:%m-%d}" if day.year == timezone.localdate().year else f"{day:%Y-%m-%d}"
    return ShownCell(value, cell["t"], f"{MARKS[cell['s']]} {written}")


def row_counts(sheet: CollectionSheet) -> dict[str, int]:
    """How far the sheet is (进度): rows, rows done, gaps, conflicts."""
    done = Q(gaps=0, errors=0, conflicts=0, unconfirmed=0)
    return sheet.rows.aggregate(
        rows=Count("pk"),
        done=Count("pk", filter=done),
        gaps=Coalesce(Sum("gaps"), 0),
        conflicts=Coalesce(Sum("conflicts"), 0),
    )
