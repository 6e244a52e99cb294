"""Building a template (制作模板): a form as a workbook of the kind departments send, with merged group headings."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

LINE = Side(style="thin", color="9AA5B4")
BOX = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)
FILL = PatternFill("solid", fgColor="EEF1F6")
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)


@dataclass(frozen=True)
class HeadingCell:
    """一个表头: its name, the group heading above it, a note, and options to choose from."""

    name: str
    group: str = ""
    comment: str = ""
    options: tuple[str, ...] = ()


def build_template(title: str, headings: Sequence[HeadingCell], *, department: str = "", note: str = "") -> bytes:
    """A workbook with a merged title, a line for the department, one or two heading rows and a note below."""
    book = Workbook()
    sheet = book.active
    sheet.title = "填报表"
    width = len(headings) + 1
    _merge(sheet, 1, 1, 1, width, title).font = Font(size=16, bold=True)
    sheet.cell(2, 1, f"填报部门：{department}")
    grouped = any(heading.group for heading in headings)
    top, bottom = 3, 4 if grouped else 3
    _merge(sheet, top, 1, bottom, 1, "序号")
    column = 2
    for group, members in groupby(headings, key=lambda heading: heading.group):
        several = list(members)
        if group:
            _merge(sheet, top, column, top, column + len(several) - 1, group)
        for offset, heading in enumerate(several):
            first = bottom if group else top
            cell = _merge(sheet, first, column + offset, bottom, column + offset, heading.name)
            if heading.comment:
                cell.comment = Comment(heading.comment, department or "部门")
            if heading.options:
                rule = DataValidation(type="list", formula1=f'"{",".join(heading.options)}"', allow_blank=True)
                letter = get_column_letter(column + offset)
                rule.add(f"{letter}{bottom + 1}:{letter}{bottom + 500}")
                sheet.add_data_validation(rule)
        column += len(several)
    for row in (top, bottom, bottom + 1):
        for index in range(1, width + 1):
            sheet.cell(row, index).border = BOX
            if row <= bottom:
                sheet.cell(row, index).fill, sheet.cell(row, index).font = FILL, Font(bold=True)
    for index, heading in enumerate(headings, start=2):
        sheet.column_dimensions[get_column_letter(index)].width = max(12, 2.2 * min(len(heading.name), 12))
    if note:
        sheet.cell(bottom + 3, 1, f"注：{note}")
    sheet.freeze_panes = sheet.cell(bottom + 1, 3)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _merge(sheet, first_row: int, first_column: int, last_row: int, last_column: int, text: str):
    if (first_row, first_column) != (last_row, last_column):
        sheet.merge_cells(start_row=first_row, start_column=first_column, end_row=last_row, end_column=last_column)
    cell = sheet.cell(first_row, first_column, text)
    cell.alignment = CENTRE
    return cell
