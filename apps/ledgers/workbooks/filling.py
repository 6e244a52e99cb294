"""Filling a template (填入模板): the department's own layout, with rows streamed into it.

openpyxl keeps the look of the template and moves what stands below the rows; the rows themselves are written as text
into the sheet's XML, so that memory and time grow with the text alone.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from copy import copy
from decimal import Decimal
from xml.sax.saxutils import escape

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from apps.ledgers.workbooks.layout import TemplateLayout

Value = str | int | Decimal | None
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def fill_template(data: bytes, layout: TemplateLayout, rows: Sequence[Sequence[Value]]) -> bytes:
    """The template with these rows, each a value per column of the layout, in its order.

    Text stays text, whatever it begins with: an ID number keeps its digits and “=1+1” is no formula. Numbers are
    numbers. Sample rows of the template are replaced; notes below them move down.
    """
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book[layout.sheet_name]
    _make_room(sheet, layout, len(rows))
    prepared = io.BytesIO()
    book.save(prepared)
    part = f"xl/worksheets/sheet{book.worksheets.index(sheet) + 1}.xml"
    return _stream(prepared, part, layout, rows)


def _make_room(sheet: Worksheet, layout: TemplateLayout, count: int) -> None:
    """Leave one styled row where the rows go, and move the footer below the last of them."""
    last_sample = (layout.footer_row or sheet.max_row + 1) - 1
    for row in sheet.iter_rows(min_row=layout.data_row, max_row=last_sample):
        for cell in row:
            if not isinstance(cell, openpyxl.cell.cell.MergedCell):
                cell.value = None
    for area in list(sheet.merged_cells.ranges):
        if layout.data_row <= area.min_row <= last_sample:
            sheet.unmerge_cells(str(area))
    offset = layout.data_row + max(count, 1) - (layout.footer_row or 0)
    if layout.footer_row and offset:
        _move_down(sheet, layout.footer_row, offset)
    if last_sample > layout.data_row:
        for row in [number for number in range(layout.data_row + 1, last_sample + 1) if number < _end(layout, count)]:
            for column in range(1, sheet.max_column + 1):
                sheet._cells.pop((row, column), None)
    for column in [*(each.column_index for each in layout.columns), *filter(None, [layout.serial_column])]:
        cell = sheet.cell(layout.data_row, column)
        if not cell.has_style:
            heading = sheet.cell(layout.header_last, column)
            cell.border, cell.font = copy(heading.border), copy(sheet.cell(layout.data_row, 1).font)
        cell.number_format = "@" if cell.number_format == "General" else cell.number_format


def _end(layout: TemplateLayout, count: int) -> int:
    return layout.data_row + max(count, 1)


def _move_down(sheet: Worksheet, first: int, offset: int) -> None:
    merged = [area for area in list(sheet.merged_cells.ranges) if area.min_row >= first]
    for area in merged:
        sheet.unmerge_cells(str(area))
    last, right = sheet.max_row, get_column_letter(sheet.max_column)
    heights = {row: sheet.row_dimensions[row].height for row in range(first, last + 1)}
    sheet.move_range(f"A{first}:{right}{last}", rows=offset)
    for row, height in heights.items():
        sheet.row_dimensions[row].height = None
        sheet.row_dimensions[row + offset].height = height
    for area in merged:
        area.shift(row_shift=offset)
        sheet.merge_cells(str(area))


def _stream(prepared: io.BytesIO, part: str, layout: TemplateLayout, rows: Iterable[Sequence[Value]]) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(prepared) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target,
    ):
        for entry in source.infolist():
            if entry.filename != part:
                target.writestr(entry, source.read(entry))
                continue
            xml = source.read(entry).decode()
            found = re.search(rf'<row r="{layout.data_row}"([^>]*?)(/>|>(.*?)</row>)', xml, re.DOTALL)
            before, attributes, body, after = _split(xml, found, layout)
            styles = {
                int_column(letters): style for letters, style in re.findall(r'<c r="([A-Z]+)\d+" s="(\d+)"', body)
            }
            with target.open(entry.filename, "w") as sheet:
                sheet.write(before.encode())
                for number, row in enumerate(rows):
                    sheet.write(_row(layout, styles, attributes, number, row).encode())
                sheet.write(after.encode())
    return out.getvalue()


def _split(xml: str, found: re.Match[str] | None, layout: TemplateLayout) -> tuple[str, str, str, str]:
    """The sheet's XML before and after the row to repeat, its attributes and its cells."""
    if found is None:
        raise ValueError(f"row {layout.data_row} is missing from the prepared sheet")
    attributes = re.sub(r'\s*spans="[^"]*"', "", found[1])
    return xml[: found.start()], attributes, found[3] or "", xml[found.end() :]


def int_column(letters: str) -> int:
    """Number of a column: A is 1."""
    return sum((ord(letter) - 64) * 26**place for place, letter in enumerate(reversed(letters)))


def _row(layout: TemplateLayout, styles: dict[int, str], attributes: str, number: int, values: Sequence[Value]) -> str:
    at = layout.data_row + number
    cells: list[tuple[int, Value]] = [
        (column.column_index, value) for column, value in zip(layout.columns, values, strict=True)
    ]
    if layout.serial_column:
        cells.append((layout.serial_column, number + 1))
    written = "".join(_cell(index, at, styles.get(index, ""), value) for index, value in sorted(cells, key=_place))
    return f'<row r="{at}"{attributes}>{written}</row>'


def _place(cell: tuple[int, Value]) -> int:
    return cell[0]


def _cell(index: int, row: int, style: str, value: Value) -> str:
    where = f'{get_column_letter(index)}{row}"' + (f' s="{style}"' if style else "")
    if value is None or value == "":
        return f'<c r="{where}/>'
    if isinstance(value, str):
        text = escape(_NOT_IN_XML.sub("", value))
        return f'<c r="{where} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f'<c r="{where}><v>{value}</v></c>'
