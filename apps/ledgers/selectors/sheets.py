"""Sheets as the village sees them (采集表): what is due, the grid, one person, how far it is."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.models import User
from apps.catalog import masking
from apps.catalog.models import CodeItem
from apps.collection.selectors import REGISTER_FIELDS
from apps.core import crypto
from apps.ledgers.gridview import GridCell, GridColumn, GridProgress, GridRow, LeftKind
from apps.ledgers.models import CellEdit, CellState, CollectionSheet, PlanColumn, SheetRow

MARKS = {
    "register": ("采集", "人房综合采集"),
    "village": ("本村", "本村上次核对"),
    "city": ("市库", "市级主题数据库"),
    "department": ("部门", "部门数据"),
    "derived": ("推算", "由已有数据推算"),
    "self": ("本人", "本人填写"),
}
ROWS_A_PAGE = 200
FILLED_BY_SUBMITTING = frozenset({"record.seq", "record.filler_name", "record.fill_date", "record.fill_org"})
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
        .order_by()  # the model's ordering would undo distinct
        .distinct()
    )
    names: dict[int, list[str]] = {}
    for plan, name in rows:
        names.setdefault(plan, []).append(name or "")
    return {plan: "、".join(sorted(filter(None, several))) for plan, several in names.items()}


def is_worked_out(column: PlanColumn) -> bool:
    """Whether the register works the value out by itself (推算项), as an age from the birth date."""
    field = REGISTER_FIELDS.get(column.key)
    return field is not None and field.is_derived


def is_filled_by_submitting(column: PlanColumn) -> bool:
    """Whether handing in fills it where it is empty (提交时自动填): the row's number, who filled in, where and when."""
    return column.element_id in FILLED_BY_SUBMITTING


def is_derived(cell: dict | None) -> bool:
    """Whether the cell holds a value the register worked out: the village does not change it (由底册推算，不用填)."""
    return cell is not None and cell["s"] == "derived" and "alt" not in cell


def is_past_term(column: PlanColumn, cell: dict, today: date) -> bool:
    """Whether a value that waits to be confirmed is older than its element's term (已过有效期).

    A fact that does not change has no term.
    """
    term = column.element.freshness_days if column.element else None
    if cell["t"] != CellState.PREFILLED or not term:
        return False
    return date.fromisoformat(cell["d"]) + timedelta(days=term) < today


class GridReader:
    """Shapes rows for the grid (表格读取): encrypted values opened, ID numbers masked, codes by name, sources in words.

    The code tables are read once, and the names of who typed once a page; after that a row costs no query.
    """

    def __init__(self, columns: Sequence[PlanColumn], viewer: User) -> None:
        self.columns = columns
        self.viewer = viewer
        self.typists: dict[int, str] = {}
        sets = {column.element.code_set_id for column in columns if column.element} - {None}
        items = CodeItem.objects.filter(code_set__in=sets).order_by("position")
        self.options: dict[str, list[tuple[str, str]]] = {}
        for item in items:
            self.options.setdefault(item.code_set_id, []).append((item.code, item.name))
        self.names = {(code_set, code): name for code_set, pairs in self.options.items() for code, name in pairs}
        self.today = timezone.localdate()

    def grid_columns(self) -> list[GridColumn]:
        return [
            GridColumn(
                key=column.key,
                label=column.label,
                group=column.group,
                kind=column.data_type,
                options=self._options(column),
                required=column.is_required,
                readonly=is_worked_out(column),
                hint=_hint(column),
            )
            for column in self.columns
        ]

    def rows(self, rows: Sequence[SheetRow]) -> list[GridRow]:
        """Several rows, with the names of the colleagues who typed in them."""
        people = {cell["b"] for row in rows for cell in row.cells.values() if cell["s"] == "self" and "b" in cell}
        unknown = people - self.typists.keys() - {self.viewer.pk}
        if unknown:
            self.typists |= dict(User.objects.filter(pk__in=unknown).values_list("pk", "name"))
        return [self._row(row) for row in rows]

    def _row(self, row: SheetRow) -> GridRow:
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
            return GridCell(column.key)
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
            readonly=is_derived(cell),
            is_old=is_past_term(column, cell, self.today),
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
        if cell["s"] == "self" and cell.get("b") in self.typists:
            short = self.typists[cell["b"]]
            name = f"{short}填写"
        return f"{short} {day:%m-%d}" if day.year == self.today.year else f"{short} {day}", f"{name}，{day}"


def _hint(column: PlanColumn) -> str:
    if is_filled_by_submitting(column):
        return "不用填，提交时自动填上；要写别的可以填"
    return column.element.definition if column.element else ""


def words_left(row: SheetRow) -> tuple[str, LeftKind]:
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
    """Columns of the grid (先列待填): what must be filled, what is known, what may stay empty, what is worked out.

    A column that was mostly empty keeps its place when it is filled, so that nothing jumps on coming back.
    """
    figures = {figure.column_id: figure for figure in sheet.figures.all()}

    def place(column: PlanColumn) -> int:
        figure = figures.get(column.pk)
        if is_worked_out(column) or is_filled_by_submitting(column):
            return 3
        unknown = figure is not None and (figure.empty + figure.typed) * 2 > figure.rows
        if column.is_required and figure and (unknown or figure.empty):
            return 0
        return 2 if unknown else 1

    columns = sheet.plan.columns.select_related("element")
    return sorted(columns, key=lambda column: (place(column), column.position))


def rows_page(*, sheet: CollectionSheet, only: str, after: int) -> tuple[list[SheetRow], int | None, int | None]:
    """Up to 200 rows behind the row `after` (0 for the start), and the `after` of the next and of the page before."""
    rows = sheet.rows.filter(FILTERS[only])
    mark = sheet.rows.filter(pk=after).values_list("ordinal", "pk").first() if after else None
    found = list((rows.filter(_behind(*mark)) if mark else rows).order_by("ordinal", "pk")[: ROWS_A_PAGE + 1])
    following = found[ROWS_A_PAGE - 1].pk if len(found) > ROWS_A_PAGE else None
    if mark is None:
        return found[:ROWS_A_PAGE], following, None
    earlier = rows.exclude(_behind(*mark)).order_by("-ordinal", "-pk").values_list("pk", flat=True)
    return found[:ROWS_A_PAGE], following, next(iter(earlier[ROWS_A_PAGE : ROWS_A_PAGE + 1]), 0)


def page_of(sheet: CollectionSheet, row: SheetRow) -> int:
    """The `after` of the page, among all rows, on which this row stands; 0 for the first."""
    before = sheet.rows.exclude(_behind(row.ordinal, row.pk)).count() - 1
    start = before // ROWS_A_PAGE * ROWS_A_PAGE
    rows = sheet.rows.order_by("ordinal", "pk").values_list("pk", flat=True)
    return rows[start - 1] if start else 0


def last_place(sheet: CollectionSheet, user: User) -> tuple[SheetRow, str] | None:
    """Where this person wrote last (接着上次填): the row and the column's key, unless a colleague wrote since."""
    if sheet.last_row_id is None:
        return None
    edit = CellEdit.objects.filter(row=sheet.last_row_id).select_related("row").order_by("pk").last()
    return (edit.row, edit.key) if edit and edit.by_id == user.pk else None


def neighbours(sheet: CollectionSheet, row: SheetRow) -> tuple[int | None, int | None]:
    """The rows before and after this one (上一位、下一位)."""
    behind = _behind(row.ordinal, row.pk)
    before = sheet.rows.exclude(behind).exclude(pk=row.pk).order_by("-ordinal", "-pk")
    return _first(before), _first(sheet.rows.filter(behind).order_by("ordinal", "pk"))


def next_waiting(sheet: CollectionSheet, row: SheetRow) -> int | None:
    """The next row with something left to do, behind this one or else from the start (下一位要核对的)."""
    waiting = sheet.rows.filter(FILTERS["unchecked"]).exclude(pk=row.pk).order_by("ordinal", "pk")
    return _first(waiting.filter(_behind(row.ordinal, row.pk))) or _first(waiting)


def _first(rows: QuerySet[SheetRow]) -> int | None:
    return rows.values_list("pk", flat=True).first()


def _behind(ordinal: int, pk: int) -> Q:
    return Q(ordinal__gt=ordinal) | Q(ordinal=ordinal, pk__gt=pk)
