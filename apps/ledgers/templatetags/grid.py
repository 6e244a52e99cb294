"""Tags of the ledger grid (台账表格): a row's cells are joined in Python, as a tag a cell is slow."""

from collections.abc import Sequence
from html import escape
from itertools import groupby
from urllib.parse import quote

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from apps.ledgers.gridview import GridCell, GridColumn, GridProgress, GridRow

register = template.Library()

# Widths in rem by data type; fixed, so that a column stays where it is while its cells change.
WIDTHS = {
    "name": 8.5,
    "id_number": 12.5,
    "phone": 8.5,
    "date": 8.5,
    "year": 6,
    "integer": 6,
    "number": 7,
    "money": 8,
    "boolean": 6.5,
    "choice": 8.5,
    "code": 8.5,
    "address": 15,
    "org_name": 13,
}
LEADING = ("pick", "person-cell", "check")  # their widths stand in grid.css, for they stay in sight
HEADING_LETTERS = 9  # a longer heading wraps


@register.simple_tag
def grid_head(columns: Sequence[GridColumn], readonly: bool = False) -> SafeString:
    """Column widths and headings (表头), with a line of group headings when the columns have groups."""
    leading = LEADING[1:] if readonly else LEADING
    cols = format_html_join("", '<col class="{}">', ((name,) for name in leading))
    cols += format_html_join("", '<col style="width:{}rem">', ((_width(column),) for column in columns))
    titles = {
        "pick": mark_safe('<input type="checkbox" id="pick-all" aria-label="全选本页">'),
        "person-cell": "姓名",
        "check": "核对",
    }
    first = format_html_join("", '<th scope="col" class="{}">{}</th>', ((name, titles[name]) for name in leading))
    labels = format_html_join("", '<th scope="col"{}>{}{}</th>', (_heading(column) for column in columns))
    groups = ""
    if any(column.group for column in columns):
        spans = [(name, len(list(members))) for name, members in groupby(columns, key=lambda column: column.group)]
        cells = format_html_join(
            "", '<th scope="colgroup" colspan="{}"><span>{}</span></th>', ((n, name) for name, n in spans)
        )
        corner = format_html_join("", '<td class="{}"></td>', ((name,) for name in leading))
        groups = format_html('<tr class="groups">{}{}</tr>', corner, cells)
    return format_html("<colgroup>{}</colgroup><thead>{}<tr>{}{}</tr></thead>", cols, groups, first, labels)


@register.simple_tag
def grid_width(columns: Sequence[GridColumn]) -> float:
    """The width in rem of the columns that scroll, together (表宽)."""
    return sum(_width(column) for column in columns)


@register.simple_tag
def grid_row(row: GridRow, columns: Sequence[GridColumn], person_url: str, readonly: bool = False) -> SafeString:
    """One row (一行). `person_url` is the one-person form's address with /0/ where the row's id belongs."""
    url = escape(row_url(person_url, row.id))
    title = escape(row.title)
    pick = (
        "" if readonly else f'<td class="pick"><input type="checkbox" value="{row.id}" aria-label="选中{title}"></td>'
    )
    cells = "".join([_cell(cell, column) for cell, column in zip(row.cells, columns, strict=True)])
    return mark_safe(
        f'<tr id="row-{row.id}" data-version="{row.version}">{pick}'
        f'<th scope="row" class="person-cell"><a href="{url}">{title}</a><small>{escape(row.subtitle)}</small></th>'
        f'<td class="check">{_left(row, url, readonly)}</td>{cells}</tr>'
    )


@register.simple_tag
def row_url(person_url: str, row_id: int) -> str:
    """The address of one person's form (逐人核对)."""
    return person_url.replace("/0/", f"/{row_id}/")


@register.simple_tag
def first_left(rows: Sequence[GridRow]) -> GridRow | None:
    """The first row with something left to do, or the first of all."""
    return next((row for row in rows if row.left_kind != "done"), rows[0] if rows else None)


@register.simple_tag
def columns_json(columns: Sequence[GridColumn]) -> list[dict]:
    """The columns as static/js/grid.js reads them."""
    return [column.as_json() for column in columns]


@register.simple_tag
def grid_filters(progress: GridProgress) -> list[tuple[str, str, str, int, str]]:
    """The filters above the grid (筛选): filter, its progress figure, its word, its count and what is counted."""
    return [
        ("all", "rows", "全部", progress.rows, "人"),
        ("gap", "gaps", "待填", progress.gaps, "项"),
        ("error", "errors", "有错误", progress.errors, "处"),
        ("conflict", "conflicts", "来源不一致", progress.conflicts, "处"),
        ("unchecked", "unchecked", "未核对", progress.unchecked, "人"),
    ]


@register.simple_tag
def person_fields(row: GridRow, columns: Sequence[GridColumn]) -> list[tuple[GridColumn, GridCell, str]]:
    """Each column with the row's cell and an id for its control (逐人核对的一项)."""
    return [
        (column, cell, f"field-{quote(column.key, safe='')}") for column, cell in zip(columns, row.cells, strict=True)
    ]


def _width(column: GridColumn) -> float:
    longest = max((len(label) for _, label in column.options), default=0)
    return max(WIDTHS.get(column.kind, 9), min(len(column.label), HEADING_LETTERS) + 2.5, min(longest, 12) + 2)


def _heading(column: GridColumn) -> tuple[str, str, str]:
    star = mark_safe('<b class="must" title="必填">*</b>') if column.required else ""
    return (mark_safe(' class="fixed"') if column.readonly else "", column.label, star)


def _left(row: GridRow, url: str, readonly: bool) -> str:
    words = escape(row.left)
    if row.left_kind == "done" or readonly:
        return f'<span class="left {row.left_kind}">{words}</span>'
    label = f'aria-label="{escape(row.title)}：{words}"'
    if row.left_kind == "confirm":
        return f'<button type="button" class="left confirm" {label}>{words}</button>'
    return f'<a class="left {row.left_kind}" href="{url}" {label}>{words}</a>'


def _cell(cell: GridCell, column: GridColumn) -> str:
    classes = cell.state
    if cell.state == "empty":
        classes = "empty gap" if column.required else "empty"
    if cell.readonly:
        classes += " readonly"
    facts = f' data-source="{escape(cell.source_name)}"' if cell.source_name else ""
    if cell.state != "empty" and not cell.value:
        facts += " data-blank"
    if cell.alt_source:
        facts += f' data-alt="{escape(cell.alt_value)}" data-alt-source="{escape(cell.alt_source)}"'
    shown = escape(cell.value) if cell.value else ("待填" if column.required else "—")
    note = f"<small>{escape(cell.note)}</small>" if cell.note else ""
    return f'<td class="{classes}"{facts}>{shown}{note}</td>'
