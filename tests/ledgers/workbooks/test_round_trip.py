"""What a department sends is read as it stands, and comes back in its own layout, filled."""

import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.ledgers.workbooks import HeadingCell, TemplateLayout, build_template, fill_template, read_template

HEADINGS = [
    HeadingCell("姓名", "基本信息"),
    HeadingCell("性别（1男2女）", "基本信息"),
    HeadingCell("残疾类别", "残疾情况", options=("视力", "听力")),
    HeadingCell("残疾等级", "残疾情况"),
    HeadingCell("备注", comment="没有可不填"),
]


@pytest.fixture(scope="module")
def template() -> bytes:
    return build_template("残疾人名册", HEADINGS, department="区残联", note="每季度更新")


def _sheet(data: bytes):
    return openpyxl.load_workbook(io.BytesIO(data)).active


def test_headings_groups_options_and_notes_are_read(template):
    layout = read_template(template, "残疾人名册.xlsx")
    assert layout.title == "残疾人名册"
    assert [(column.group, column.name) for column in layout.columns] == [(h.group, h.name) for h in HEADINGS]
    assert layout.columns[1].options == ("男", "女")
    assert layout.columns[2].options == ("视力", "听力")
    assert layout.columns[4].comment == "没有可不填"
    assert (layout.serial_column, layout.data_row) == (1, 5)


def test_the_layout_survives_being_stored(template):
    layout = read_template(template, "a.xlsx")
    assert TemplateLayout.from_json(layout.to_json()) == layout


def test_rows_stand_under_their_headings_and_the_note_moves_down(template):
    layout = read_template(template, "a.xlsx")
    sheet = _sheet(fill_template(template, layout, [["施玉芳", "女", "听力", "二级", ""]] * 30))
    assert [cell.value for cell in sheet[5]] == [1, "施玉芳", "女", "听力", "二级", None]
    assert sheet.cell(34, 1).value == 30
    assert sheet.cell(35, 1).value == "注：每季度更新"
    assert sheet.cell(3, 2).value == "基本信息"
    assert "B3:C3" in {str(area) for area in sheet.merged_cells.ranges}


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@x", "=cmd|' /C calc'!A0", "310230196209047926", "00123"])
def test_text_stays_text(template, text):
    layout = read_template(template, "a.xlsx")
    cell = _sheet(fill_template(template, layout, [[text, "", "", "", ""]])).cell(5, 2)
    assert (cell.value, cell.data_type) == (text, "s")


def test_sample_rows_are_replaced(template):
    book = openpyxl.load_workbook(io.BytesIO(template))
    book.active.append([])
    for row in (5, 6):
        book.active.cell(row, 2, "例：张三")
    out = io.BytesIO()
    book.save(out)
    layout = read_template(out.getvalue(), "a.xlsx")
    filled = _sheet(fill_template(out.getvalue(), layout, [["施玉芳", "", "", "", ""]]))
    assert [cell.value for cell in filled["B"]].count("例：张三") == 0
    assert filled.cell(5, 2).value == "施玉芳"


def test_a_template_without_rows_comes_back_with_its_note(template):
    layout = read_template(template, "a.xlsx")
    sheet = _sheet(fill_template(template, layout, []))
    assert sheet.cell(6, 1).value == "注：每季度更新"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=30).filter(
            lambda text: "\ufffe" not in text
        ),
        min_size=5,
        max_size=5,
    )
)
def test_any_text_comes_through(template, values):
    layout = read_template(template, "a.xlsx")
    sheet = _sheet(fill_template(template, layout, [values]))
    assert [sheet.cell(5, column).value or "" for column in range(2, 7)] == values


TALL = [["姓名", "父亲", None], [None, "姓名", "电话"]]
BEGINNINGS = {
    "plain": ([["姓名", "电话"]], [], [("", "姓名"), ("", "电话")]),
    "blank edges": ([[None], [None, "姓名", "电话"]], [], [("", "姓名"), ("", "电话")]),
    "title and labels": (
        [["台账", None], ["单位：村委会", "日期："], ["姓名", "电话"]],
        ["A1:B1"],
        [("", "姓名"), ("", "电话")],
    ),
    "two rows": (TALL, ["A1:A2", "B1:C1"], [("", "姓名"), ("父亲", "姓名"), ("父亲", "电话")]),
    "tall name not merged": (TALL, ["B1:C1"], [("", "姓名"), ("父亲", "姓名"), ("父亲", "电话")]),
    "required": ([["*姓名", "电话（必填）"]], [], [("", "姓名"), ("", "电话")]),
    "two lines": ([["姓 名\n（全称）", "电话"]], [], [("", "姓名（全称）"), ("", "电话")]),
    "rare characters": ([["姓名", "𠮷田", "㐂"]], [], [("", "姓名"), ("", "𠮷田"), ("", "㐂")]),
}


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_headings_are_found_however_the_sheet_begins(beginning):
    rows, merges, headings = BEGINNINGS[beginning]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for area in merges:
        book.active.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    layout = read_template(out.getvalue(), "a.xlsx")
    assert [(column.group, column.name) for column in layout.columns] == headings


def test_required_marks_are_kept():
    book = openpyxl.Workbook()
    book.active.append(["*姓名", "电话"])
    out = io.BytesIO()
    book.save(out)
    assert [column.required for column in read_template(out.getvalue(), "a.xlsx").columns] == [True, False]
