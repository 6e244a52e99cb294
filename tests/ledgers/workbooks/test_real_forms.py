"""Templates as departments really send them: where the names stand, what stands around them, what was left in them."""

import io
import json
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from apps.ledgers.workbooks import HeadingCell, WorkbookRefused, build_template, fill_template, read_template

FORMS = json.loads(Path("apps/ledgers/data/public_forms.json").read_text(encoding="utf-8"))


def saved(book) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def drawn(rows, merges=(), book=None, title="Sheet"):
    """A sheet with these rows and merged areas."""
    sheet = book.create_sheet() if book else (book := openpyxl.Workbook()).active
    sheet.title = title
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            sheet.cell(number, column, value)
    for area in merges:
        sheet.merge_cells(area)
    return book


def read(book):
    return read_template(saved(book), "a.xlsx")


def fields(layout) -> list[str]:
    return [f"{column.group}·{column.name}" if column.group else column.name for column in layout.columns]


@pytest.mark.parametrize("form", FORMS, ids=[form["id"] for form in FORMS])
def test_a_public_form_is_read_as_it_was_built(form):
    headings = [HeadingCell(each["name"], each.get("group", ""), each.get("comment", "")) for each in form["fields"]]
    layout = read_template(build_template(form["form"], headings, department="区民政局", note="按月"), "a.xlsx")
    assert [(column.name, column.group) for column in layout.columns] == [(each.name, each.group) for each in headings]
    assert layout.title == form["form"]
    assert all(each.comment in column.comment for each, column in zip(headings, layout.columns, strict=True))


N = None
SHEETS = {
    "title, fill-in line, three levels": (
        [
            ["崇明区困难家庭登记表", N, N, N, N, N],
            ["填报单位：", "城桥镇", N, "填报日期：", "2026年11月", N],
            ["序号", "姓名", "家庭情况", N, N, "备注"],
            [N, N, "人口", "收入", N, N],
            [N, N, N, "工资", "补贴", N],
            [1, "例：张三", 3, 2000, 300, N],
        ],
        ["A1:F1", "A3:A5", "B3:B5", "C3:E3", "C4:C5", "D4:E4", "F3:F5"],
        ["姓名", "家庭情况·人口", "家庭情况 / 收入·工资", "家庭情况 / 收入·补贴", "备注"],
        (3, 6, "崇明区困难家庭登记表"),
    ),
    "names in the fifth row": (
        [["附件1"], ["独居老人名册"], [N], ["制表机关：区民政局", N, "表号：民1"], ["姓名", "住址", "电话"]],
        ["A2:C2"],
        ["姓名", "住址", "电话"],
        (5, 6, "独居老人名册"),
    ),
    "title narrower than the table, with a date beside": (
        [["残疾人台账", N, N, N, "2026年"], ["姓名", "证号", "等级", "电话", "备注"]],
        ["A1:D1"],
        ["姓名", "证号", "等级", "电话", "备注"],
        (2, 3, "残疾人台账"),
    ),
    "title wider than the table": (
        [["名册"], ["姓名", "电话", "住址"]],
        ["A1:P1"],
        ["姓名", "电话", "住址"],
        (2, 3, "名册"),
    ),
    "sample rows under plain names": (
        [["姓名", "住址", N, "电话"], ["张三", "城桥镇", N, "13800000000"], ["李四", "堡镇", N, "13900000000"]],
        ["B1:C1"],
        ["姓名", "住址", "电话"],
        (1, 2, ""),
    ),
    "a merged name with its sample in both halves": (
        [["姓名", "住址", N, "电话"], ["施玉芳", "城桥镇", "湄洲村", "有"]],
        ["B1:C1"],
        ["姓名", "住址", "电话"],
        (1, 2, ""),
    ),
    "a sample under the merged name alone": (
        [["姓名", "住址", N, "电话"], [N, "城桥镇", N, N]],
        ["B1:C1"],
        ["姓名", "住址", "电话"],
        (1, 2, ""),
    ),
    "groups centred over their names, not merged": (
        [["姓名", "父亲", N, "母亲", N], [N, "姓名", "电话", "姓名", "电话"]],
        [],
        ["姓名", "父亲·姓名", "父亲·电话", "母亲·姓名", "母亲·电话"],
        (1, 3, ""),
    ),
    "spacer columns": (
        [[N, "姓名", N, "电话", N, "住址"], [N, "施玉芳", N, "有", N, "城桥镇"]],
        [],
        ["姓名", "电话", "住址"],
        (1, 2, ""),
    ),
    "columns numbered below the names": (
        [["姓名", "电话", "住址"], ["甲", "1", "2"], ["施玉芳", "", "城桥镇"]],
        [],
        ["姓名", "电话", "住址"],
        (1, 3, ""),
    ),
    "letters wide, spaced and broken": (
        [["姓　　名", "Ｑ Ｑ 号", "联系\n电话", "是否 独居", "WeChat ID", "㐂𠮷"]],
        [],
        ["姓名", "Q Q 号", "联系电话", "是否独居", "WeChat ID", "㐂𠮷"],
        (1, 2, ""),
    ),
    "one name in two groups, and in two blocks of one group": (
        [["户主", N, "成员", N, "成员", N], ["姓名", "电话", "姓名", "关系", "姓名", "关系"]],
        ["A1:B1", "C1:D1", "E1:F1"],
        ["户主·姓名", "户主·电话", "成员·姓名", "成员·关系", "成员·姓名", "成员·关系"],
        (1, 3, ""),
    ),
    "names that look like fill-in lines": (
        [["姓名", "联系电话", "负责人", "日期", "单位"]],
        [],
        ["姓名", "联系电话", "负责人", "日期", "单位"],
        (1, 2, ""),
    ),
    "names with colons": ([["姓名：", "电话：", "住址："]], [], ["姓名", "电话", "住址"], (1, 2, "")),
    "years as names under a group": (
        [["姓名", "年收入", N], [N, "2024年", "2025年"]],
        ["A1:A2", "B1:C1"],
        ["姓名", "年收入·2024年", "年收入·2025年"],
        (1, 3, ""),
    ),
}


@pytest.mark.parametrize("name", SHEETS)
def test_names_are_told_from_what_stands_around_them(name):
    rows, merges, expected, (first, data_row, title) = SHEETS[name]
    layout = read(drawn(rows, merges))
    assert fields(layout) == expected
    assert (layout.header_first, layout.data_row, layout.title) == (first, data_row, title)


@pytest.mark.parametrize(
    ("note", "found"),
    [
        (["注：按月更新"], True),
        (["填表人：", N, "审核人："], True),
        (["合　计", N, 3], True),
        (["说明", N], True),
        (["※本表一式两份"], True),
        (["施玉芳", "有", "城桥镇"], False),
    ],
)
def test_notes_totals_and_signatures_stay_below_the_rows(note, found):
    layout = read(drawn([["姓名", "电话", "住址"], [N, N, N], note]))
    assert layout.footer_row == (3 if found else None)


def test_a_long_merged_line_below_is_a_note():
    assert read(drawn([["姓名", "电话", "住址"], [N], ["本表由村居填报，每月五日前报送"]], ["A3:C3"])).footer_row == 3


MARKED = {
    "*姓名": ("姓名", True),
    "姓名＊": ("姓名", True),
    "★姓名": ("姓名", True),
    "姓名（必填）": ("姓名", True),
    "姓名【必填】": ("姓名", True),
    "姓名": ("姓名", False),
}


@pytest.mark.parametrize("heading", MARKED)
def test_marks_of_what_must_be_filled(heading):
    column = read(drawn([["电话", heading, "住址"]])).columns[1]
    assert (column.name, column.required) == MARKED[heading]


OPTIONS = {
    "性别（1男2女）": ("男", "女"),
    "是否独居（是/否）": ("是", "否"),
    "类别（低保、特困、其他）": ("低保", "特困", "其他"),
    "类别（1.低保 2.特困）": ("低保", "特困"),
    "面积（平方米/人）": (),
    "补贴（元/月）": (),
    "住址（乡镇、村、组）": (),
    "日期（年/月/日）": (),
    "证件（如身份证、户口簿）": (),
    "出生日期（YYYY/MM/DD）": (),
}


@pytest.mark.parametrize("heading", OPTIONS)
def test_brackets_name_options_or_a_way_of_writing(heading):
    assert read(drawn([["姓名", heading, "电话"]])).columns[1].options == OPTIONS[heading]


def test_lists_to_choose_from_wherever_they_are_kept():
    book = drawn([["姓名", "性别", "等级", "民族", "状态"]])
    codes = book.create_sheet("字典")
    for row, name in enumerate(["汉族", "回族", "汉族", "满族"], start=1):
        codes.cell(row, 2, name)
    book.defined_names["等级"] = openpyxl.workbook.defined_name.DefinedName("等级", attr_text="字典!$B$1:$B$2")
    for column, formula in (("B", '"男,女"'), ("C", "等级"), ("D", "'字典'!$B$1:$B$4"), ("E", "INDIRECT(A1)")):
        rule = DataValidation(type="list", formula1=formula)
        rule.add(f"{column}2:{column}100")
        book.active.add_data_validation(rule)
    options = [column.options for column in read(book).columns]
    assert options == [(), ("男", "女"), ("汉族", "回族"), ("汉族", "回族", "满族"), ()]


def test_comments_explain_and_name_options():
    book = drawn([["姓名", "类别", "电话"]])
    book.active["A1"].comment = Comment("区民政局:\n与身份证一致，必填", "区民政局")
    book.active["B1"].comment = Comment("选项：低保、特困、其他", "x")
    name, kind, _ = read(book).columns
    assert (name.comment, name.required) == ("与身份证一致，必填", True)
    assert kind.options == ("低保", "特困", "其他")


def test_the_form_is_found_behind_instructions_and_before_code_tables():
    book = drawn([["填表说明"], ["1", "请认真阅读后填写"], ["2", "每月五日前报送"]], title="填表说明")
    drawn([["代码", "名称", "备注"], ["1", "男", ""]], book=book, title="代码表")
    drawn([["残疾人名册"], ["姓名", "证号", "等级"]], ["A1:C1"], book=book, title="名册")
    drawn([["姓名", "证号", "等级"]], book=book, title="附表")
    layout = read(book)
    assert (layout.sheet_name, fields(layout)) == ("名册", ["姓名", "证号", "等级"])
    assert "没有读“填表说明”“代码表”“附表”" in layout.warnings[0]


def test_hidden_sheets_rows_and_columns_are_passed_over():
    book = drawn([["x", "y", "z"]], title="隐藏")
    book.active.sheet_state = "hidden"
    drawn([["name", "code", "phone"], ["姓名", "内码", "电话"], ["k1", "k2", "k3"]], book=book, title="名册")
    sheet = book["名册"]
    sheet.row_dimensions[1].hidden = sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["B"].hidden = True
    book.active = 1
    layout = read(book)
    assert (fields(layout), layout.header_first, layout.data_row) == (["姓名", "电话"], 2, 4)
    assert any("隐藏的 B 列" in warning for warning in layout.warnings)


def test_the_clerk_is_told_of_rows_and_columns_that_were_not_read():
    rows = [["姓名", N, "电话"]] + [["施玉芳", "某值", "有"]] * 6
    warnings = " ".join(read(drawn(rows)).warnings)
    assert "B 列有内容但没有名称" in warnings
    assert "已有 6 行数据" in warnings


def test_columns_styled_to_the_end_of_the_sheet_are_no_fields():
    book = drawn([["姓名", "电话", "住址"], ["施玉芳", "=1+1", "x"]])
    for row in range(1, 8):
        for column in range(4, 16385, 7):
            book.active.cell(row, column).fill = PatternFill("solid", fgColor="FFFFFF")
    assert fields(read(book)) == ["姓名", "电话", "住址"]


@pytest.mark.parametrize("columns", [200, 201])
def test_two_hundred_fields_and_no_more(columns):
    book = drawn([[f"第{number}项" for number in range(columns)]])
    if columns == 200:
        assert len(read(book).columns) == 200
    else:
        with pytest.raises(WorkbookRefused, match="201 列"):
            read(book)


def _rewritten(data: bytes, change) -> bytes:
    """The workbook with every XML part passed through `change`, as another office program would write it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, change(entry.filename, source.read(entry)))
    return out.getvalue()


def _strict(name, part):
    return part.replace(
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"
    )


def _prefixed(name, part):
    if not name.startswith("xl/worksheets/sheet"):
        return part
    text = part.decode().replace("</", "\0").replace("<", "<x:").replace("\0", "</x:").replace("<x:?", "<?")
    return text.replace(' xmlns="', ' xmlns:x="').encode()


def _utf16(name, part):
    return ('<?xml version="1.0" encoding="UTF-16"?>' + part.decode()).encode("utf-16") if "sheet1" in name else part


def _without_places(name, part):
    return re.sub(rb'(<(?:row|c)) r="[A-Z]*\d+"', rb"\1", part) if "sheet1" in name else part


@pytest.mark.parametrize("change", [_strict, _prefixed, _utf16, _without_places])
def test_other_office_programs_write_the_same_otherwise(change):
    plain = saved(drawn([["姓名", "电话", "住址"], ["例：张三", "x", "y"], ["注：按月", N, N]]))
    data = _rewritten(plain, change)
    layout = read_template(data, "a.xlsx")
    assert (fields(layout), layout.footer_row) == (["姓名", "电话", "住址"], 3)
    filled = fill_template(data, layout, [["施玉芳", "1", "2"]] * 2)
    with zipfile.ZipFile(io.BytesIO(filled)) as archive:
        assert archive.read("xl/worksheets/sheet1.xml").count("施玉芳".encode()) == 2
