"""Sheets as the village sees them (采集表): what is due, the grid, one person, how far it is."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.models import User
from apps.catalog import masking
from apps.catalog.models import CodeItem
from apps.core import crypto
from apps.ledgers.gridview import GridCell, GridColumn, GridProgress, GridRow
from apps.ledgers.models import CollectionSheet, PlanColumn, SheetRow

MARKS = {
    "register": ("采集", "人房综合采集"),
    "village": ("本村", "本村上次核对"),
    "city": ("市库", "市级主题数据库"),
    "department": ("部门", "部门数据"),
    "derived": ("推算", "由已有数据推算"),
    "self": ("本人", "本人填写"),
}
ROWS_A_PAGE = 200
FILTERS = {
    "all": Q(),
    "gap": Q(gaps__gt=0),
    "error": Q(errors__gt=0),
    "conflict": Q(conflicts__gt=0),
    "unchecked": Q(unconfirmed__gt=0) | Q(gaps__gt=0) | Q(errors__gt=0) | Q(conflicts__gt=0),
}


def sheets_due(user: User) -> QuerySet[CollectionSheet]:
    """Sheets the person's villages still owe, soonest first, with cells asked and already filled (待填报)."""
    return with_figures(CollectionSheet.objects.visible_to(user).to_do()).order_by("plan__due_on", "pk")


def with_figures(sheets: QuerySet[CollectionSheet]) -> QuerySet[CollectionSheet]:
    """Adds `asked`, `prefilled`, `typed`, `known` and `percent` from the figures of each sheet."""
    return (
        sheets.select_related("plan", "area")
        .annotate(
            asked=Coalesce(Sum("figures__rows"), 0),
            prefilled=Coalesce(Sum("figures__prefilled"), 0),
            typed=Coalesce(Sum("figures__typed"), 0),
        )
        .annotate(known=F("prefilled") + F("typed"))
    )


def departments_of(sheets: Sequence[CollectionSheet]) -> dict[int, str]:
    """Short names of the departments behind each plan (来源部门), in one query."""
    rows = (
        CollectionSheet.objects.filter(pk__in=[sheet.pk for sheet in sheets])
        .values_list("plan_id", "plan__members__template__department__short_name")
        .distinct()
    )
    names: dict[int, list[str]] = {}
    for plan, name in rows:
        names.setdefault(plan, []).append(name or "")
    return {plan: "、".join(sorted(filter(None, several))) for plan, several in names.items()}


class GridReader:
    """Shapes rows for the grid (表格读取): encrypted values opened, ID numbers masked, codes by name, sources in words.

    The code tables are read once; after that a row costs no query.
    """

    def __init__(self, columns: Sequence[PlanColumn]) -> None:
        self.columns = columns
        sets = {column.element.code_set_id for column in columns if column.element} - {None}
        items = CodeItem.objects.filter(code_set__in=sets).order_by("position")
        self.options: dict[str, list[tuple[str, str]]] = {}
        for item in items:
            self.options.setdefault(item.code_set_id, []).append((item.code, item.name))
        self.names = {(code_set, code): name for code_set, pairs in self.options.items() for code, name in pairs}
        self.year = timezone.localdate().year

    def grid_columns(self) -> list[GridColumn]:
        return [
            GridColumn(
                key=column.key,
                label=column.label,
                group=column.group,
                kind=column.data_type,
                options=self._options(column),
                required=column.is_required,
                readonly=False,
                hint=column.element.definition if column.element else "",
            )
            for column in self.columns
        ]

    def row(self, row: SheetRow) -> GridRow:
        left, kind = words_left(row)
        return GridRow(
            id=row.pk,
            title=row.title,
            subtitle=row.subtitle,
            version=row.version,
            left=left,
            left_kind=kind,
            cells=tuple(self.cell(column, row.cells.get(column.key)) for column in self.columns),
        )

    def cell(self, column: PlanColumn, cell: dict | None) -> GridCell:
        if cell is None:
            return GridCell(column.key, "", "empty", "", "", "", "", "", False)
        other = cell.get("alt")
        mark, name = self._source(cell)
        return GridCell(
            key=column.key,
            value=self.shown(column, cell["v"], masked="e" not in cell),
            state="error" if "e" in cell else cell["t"],
            source=mark,
            source_name=name,
            error=cell.get("e", ""),
            alt_value=self.shown(column, other["v"]) if other else "",
            alt_source=self._source(other)[0] if other else "",
            readonly=False,
        )

    def shown(self, column: PlanColumn, value: str, *, masked: bool = True) -> str:
        """What a stored value reads as: opened, an ID number masked, a code by its name."""
        element = column.element
        if element and element.is_encrypted:
            value = crypto.decrypt(column.key, value)
        if element and element.code_set_id:
            value = self.names.get((element.code_set_id, value), value)
        if masked and column.data_type == "id_number":
            return masking.mask(column.data_type, value, element=column.key)
        return value

    def _options(self, column: PlanColumn) -> tuple[tuple[str, str], ...]:
        if column.element and column.element.code_set_id:
            return tuple(self.options.get(column.element.code_set_id, []))
        if column.data_type == "boolean":
            return (("是", "是"), ("否", "否"))
        return tuple((option, option) for option in column.options)

    def _source(self, cell: dict) -> tuple[str, str]:
        """The short mark (采集 10-13, with the year if past) and the full words."""
        day = date.fromisoformat(cell["d"])
        short, name = MARKS[cell["s"]]
        return f"{short} {day:%m-%d}" if day.year == self.year else f"{short} {day}", f"{name}，{day}"


def words_left(row: SheetRow) -> tuple[str, str]:
    """What the row button says and its kind (行按钮): errors, then differing sources, then gaps, then confirming."""
    if row.errors:
        return f"{row.errors} 处错误", "error"
    if row.conflicts:
        return "来源不一致", "conflict"
    if row.gaps:
        return f"待填 {row.gaps} 项", "gap"
    return ("无变化", "confirm") if row.unconfirmed else ("已核对", "done")


def progress(sheet: CollectionSheet) -> GridProgress:
    """How far the sheet is (进度): rows and rows done; gaps as cells, errors and conflicts as cells."""
    counted = sheet.rows.aggregate(
        total=Count("pk"),
        open=Count("pk", filter=FILTERS["unchecked"]),
        blank=Coalesce(Sum("gaps"), 0),
        wrong=Coalesce(Sum("errors"), 0),
        differing=Coalesce(Sum("conflicts"), 0),
    )
    return GridProgress(
        rows=counted["total"],
        checked=counted["total"] - counted["open"],
        gaps=counted["blank"],
        errors=counted["wrong"],
        conflicts=counted["differing"],
        unchecked=counted["open"],
    )


def ordered_columns(sheet: CollectionSheet) -> list[PlanColumn]:
    """Columns of the grid: those with something to fill first, then in the order of the forms (先列待填)."""
    empty = dict(sheet.figures.values_list("column_id", "empty"))
    columns = list(sheet.plan.columns.select_related("element"))
    return sorted(columns, key=lambda column: (not empty.get(column.pk), column.position))


def rows_page(*, sheet: CollectionSheet, only: str, after: int) -> tuple[list[SheetRow], int | None]:
    """Up to 200 rows behind the ordinal `after`, and the ordinal to go on from, or None at the end."""
    rows = sheet.rows.filter(FILTERS[only], ordinal__gt=after).order_by("ordinal", "pk")
    found = list(rows[: ROWS_A_PAGE + 1])
    return found[:ROWS_A_PAGE], found[ROWS_A_PAGE - 1].ordinal if len(found) > ROWS_A_PAGE else None
