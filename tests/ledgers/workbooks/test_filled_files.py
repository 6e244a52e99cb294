"""A filled template is the department's own file: all that was in it is still there, around and below the rows."""

import io
import re
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.table import Table

from apps.ledgers.workbooks import fill_template, read_template

NAMES = ["姓名", "身份证号", "出生日期", "补贴", "等级"]
ID = "310230196209047926"


def saved(book) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def template() -> bytes:
    """Title, names, two sample rows, a total, a merged note; formats, lists, print settings, a chart."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "名 册"
    rows = [["残疾人名册"], NAMES, ["例：张三", "", date(2000, 1, 2), 1, "一级"], ["例：李四", "", None, 2, ""]]
    for row in [*rows, ["合计", None, None, "=SUM(D3:D4)"], ["注：按月更新"]]:
        sheet.append(row)
    sheet.merge_cells("A1:E1")
    sheet.merge_cells("A6:E6")
    sheet["A6"].font = Font(italic=True)
    sheet["C3"].number_format = 'yyyy"年"m"月"d"日"'
    sheet["D3"].number_format = "0.00"
    sheet["E3"].fill = PatternFill("solid", fgColor="FFFF00")
    sheet.row_dimensions[3].height, sheet.row_dimensions[6].height = 30, 44
    sheet.column_dimensions["B"].width = 33
    rule = DataValidation(type="list", formula1='"一级,二级"')
    rule.add("E3:E4")
    sheet.add_data_validation(rule)
    sheet.print_title_rows, sheet.print_area, sheet.freeze_panes = "1:2", "A1:E6", "B3"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.auto_filter.ref = "A2:E4"
    sheet.row_breaks.append(Break(id=6))
    sheet.conditional_formatting.add(
        "D3:D4", openpyxl.formatting.rule.ColorScaleRule("min", None, "FF0000", "max", None, "00FF00")
    )
    other = book.create_sheet("图")
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=4, min_row=3, max_row=4))
    other.add_chart(chart)
    return saved(book)


@pytest.fixture(scope="module")
def layout(template):
    return read_template(template, "a.xlsx")


def filled(template, layout, rows):
    return openpyxl.load_workbook(io.BytesIO(fill_template(template, layout, rows)))["名 册"]


ROW = ["施玉芳", ID, date(1962, 9, 4), Decimal("350.5"), "二级"]


def test_a_file_without_rows_is_the_template_without_its_samples(template, layout):
    sheet = filled(template, layout, [])
    assert [cell.value for cell in sheet[3]] == [None] * 5
    assert (sheet["A4"].value, sheet["D4"].value, sheet["A5"].value) == ("合计", "=SUM(D3:D3)", "注：按月更新")


@pytest.mark.parametrize("count", [1, 2, 500])
def test_what_stood_around_the_rows_stands_around_them(template, layout, count):
    sheet = filled(template, layout, [ROW] * count)
    last, total, note = 2 + count, 3 + count, 4 + count
    span = f"D3:D{last}" if count > 1 else "D3"
    assert [cell.value for cell in sheet[2]] == NAMES
    assert sheet.cell(last, 2).value == ID
    assert sheet.cell(total, 4).value == f"=SUM(D3:D{last})"
    assert (sheet.cell(note, 1).value, sheet.cell(note, 1).font.i) == ("注：按月更新", True)
    assert {str(area) for area in sheet.merged_cells.ranges} == {"A1:E1", f"A{note}:E{note}"}
    assert (sheet.row_dimensions[last].height, sheet.row_dimensions[note].height) == (30, 44)
    assert str(sheet.data_validations.dataValidation[0].sqref) == span.replace("D", "E")
    assert [str(each.sqref) for each in sheet.conditional_formatting] == [span]
    assert sheet.auto_filter.ref == f"A2:E{last}"
    assert sheet.print_area == f"'名 册'!$A$1:$E${note}"
    assert (sheet.print_title_rows, sheet.freeze_panes, sheet.page_setup.orientation) == ("$1:$2", "B3", "landscape")
    assert [each.id for each in sheet.row_breaks.brk] == [note]
    assert sheet.column_dimensions["B"].width == 33


def test_dates_and_numbers_are_what_the_column_is_formatted_for(template, layout):
    sheet = filled(template, layout, [ROW] * 3)
    assert (sheet["C5"].value.date(), sheet["C5"].number_format) == (date(1962, 9, 4), 'yyyy"年"m"月"d"日"')
    assert (sheet["D5"].value, sheet["D5"].number_format) == (350.5, "0.00")
    assert (sheet["B5"].value, sheet["B5"].data_type, sheet["B5"].number_format) == (ID, "s", "@")
    assert sheet["E5"].fill.fgColor.rgb == "00FFFF00"


ASKED = {
    "出生日期": "1962-09-04",
    "出生日期（YYYYMMDD）": "19620904",
    "出生日期（YYYY-MM-DD）": "1962-09-04",
    "出生日期（yyyy/mm/dd）": "1962/09/04",
    "出生年月（如1985.03）": "1962.09",
    "出生年月（例：198503）": "196209",
    "出生日期（如1985年3月2日）": "1962年09月04日",
}


@pytest.mark.parametrize("heading", ASKED)
def test_a_date_is_written_as_its_heading_asks(heading):
    book = openpyxl.Workbook()
    book.active.append(["姓名", heading, "电话"])
    data = saved(book)
    cell = openpyxl.load_workbook(
        io.BytesIO(fill_template(data, read_template(data, "a.xlsx"), [["", date(1962, 9, 4), ""]]))
    ).active["B2"]
    assert (cell.value, cell.data_type) == (ASKED[heading], "s")


def test_every_other_part_of_the_file_is_kept(template, layout):
    with (
        zipfile.ZipFile(io.BytesIO(template)) as before,
        zipfile.ZipFile(io.BytesIO(fill_template(template, layout, [ROW]))) as after,
    ):
        assert set(after.namelist()) == set(before.namelist())
        changed = {name for name in before.namelist() if before.read(name) != after.read(name)}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"}


def test_a_table_grows_with_its_rows():
    book = openpyxl.Workbook()
    for row in (["姓名", "电话", "住址"], ["例：张三", "1", "2"]):
        book.active.append(row)
    book.active.add_table(Table(displayName="t", ref="A1:C2"))
    data = saved(book)
    out = fill_template(data, read_template(data, "a.xlsx"), [["x", "y", "z"]] * 9)
    assert openpyxl.load_workbook(io.BytesIO(out)).active.tables["t"].ref == "A1:C10"


def test_text_that_looks_like_a_program_or_an_escape_stays_text(template, layout):
    odd = ["=1+1", "_x0041_", "a\x00\x0b<&>\"'\u202e𠮷", "+cmd|' /C calc'!A0", " 前后空格 "]
    sheet = filled(template, layout, [odd])
    assert [cell.data_type for cell in sheet[3]] == ["s"] * 5
    assert [cell.value for cell in sheet[3]][2:] == ["a<&>\"'\u202e𠮷", odd[3], odd[4]]
    xml = zipfile.ZipFile(io.BytesIO(fill_template(template, layout, [odd]))).read("xl/worksheets/sheet1.xml")
    assert b"_x005F_x0041_" in xml
    assert len(re.findall(rb"<f>", xml)) == 1


def test_a_filled_file_is_a_template_again(template, layout):
    again = read_template(fill_template(template, layout, [ROW] * 5), "a.xlsx")
    assert again.columns == layout.columns
    assert (again.footer_row, "5 行数据" in again.warnings[-1]) == (8, True)


def test_rows_are_taken_one_by_one(template, layout):
    """Nothing asks how many there are, or goes through them twice."""
    sheet = filled(template, layout, (ROW for _ in range(1200)))
    assert sheet.cell(1202, 1).value == "施玉芳"
