"""A file that cannot be taken is refused with a sentence that says why and what to do, before it costs anything."""

import io
import zipfile

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from apps.ledgers.workbooks import HeadingCell, WorkbookRefused, build_template, read_template
from apps.ledgers.workbooks.refusals import MEGABYTE, OLE

GOOD = build_template("名册", [HeadingCell("姓名"), HeadingCell("身份证号"), HeadingCell("联系电话")])
SHEET = "xl/worksheets/sheet1.xml"


def _book(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book


def _bytes(book) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _with(parts: dict[str, bytes | None], data: bytes = GOOD) -> bytes:
    """The workbook with parts put in its zip, exchanged, or (None) left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            if entry.filename not in parts:
                target.writestr(entry.filename, source.read(entry))
        for name, content in parts.items():
            if content is not None:
                target.writestr(name, content)
    return out.getvalue()


def _sheet_xml(data: bytes = GOOD) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(SHEET)


def _hidden():
    book = _book(["姓名", "电话"])
    book.create_sheet("空")
    book.active.sheet_state = "hidden"
    return _bytes(book)


def _xlsx_zip(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


HOSTILE = {
    "empty": (b"", "空的"),
    "old xls": (OLE + b"\0" * 600, "旧版的 .xls"),
    "password": (OLE + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
    "50 MB": (b"PK" + b"\0" * 50 * MEGABYTE, "50 MB，超过 10 MB"),
    "csv": ("姓名,电话\n".encode(), "内容是文本"),
    "html": (b"<html><table></table></html>", "内容是网页"),
    "text in gbk": ("姓名".encode("gbk"), "内容是文本"),
    "truncated": (GOOD[: len(GOOD) // 2], "不完整或已损坏"),
    "only magic": (b"PK\x03\x04", "不完整或已损坏"),
    "flipped bytes": (GOOD[:60] + bytes(len(GOOD) - 120) + GOOD[-60:], "不完整或已损坏"),
    "another zip": (_xlsx_zip({"a.txt": b"x"}), "只是改了扩展名的压缩文件"),
    "word document": (_xlsx_zip({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "Word 文档"),
    "zip bomb": (_with({"xl/media/a.bin": b"\0" * 120 * MEGABYTE}), "压缩炸弹"),
    "steep ratio": (_with({"xl/media/a.bin": b"\0" * 5 * MEGABYTE}), "压缩炸弹"),
    "thousands of entries": (_with({f"xl/media/{n}.bin": b"" for n in range(1200)}), "压缩炸弹"),
    "macros": (_with({"xl/vbaProject.bin": b"x"}), "宏"),
    "external link": (_with({"xl/externalLinks/externalLink1.xml": b"<x/>"}), "别的工作簿"),
    "entity bomb": (_with({SHEET: b'<!DOCTYPE x [<!ENTITY a "aa">]>' + _sheet_xml()}), "XML 实体"),
    "entity in styles": (_with({"xl/styles.xml": b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>'}), "XML 实体"),
    "sheet part missing": (_with({SHEET: None}), "没有可见的工作表"),
    "sheet part not xml": (_with({SHEET: b"hello"}), "读不出工作表"),
    "workbook part empty": (_with({"xl/workbook.xml": b""}), "读不出工作表"),
    "whole sheet merged": (
        _with({SHEET: _sheet_xml().replace(b'<mergeCell ref="A1:D1"', b'<mergeCell ref="A1:XFD1048576"')}),
        "合并单元格的范围太大",
    ),
    "400 columns": (_bytes(_book([f"第{n}项" for n in range(400)])), "400 列，超过 200 列"),
    "two of one name": (_bytes(_book(["姓名", "电话", "住址", "电话"])), "B 列和 D 列都叫“电话”"),
    "no header": (_bytes(_book([1, 2, 3], [4, 5, 6])), "没有找到表头"),
    "blank sheet": (_bytes(openpyxl.Workbook()), "工作表是空的"),
    "hidden": (_hidden(), "工作表是空的"),
    "images only": (_with({"xl/media/image1.png": b"x"}, _bytes(openpyxl.Workbook())), "只有图片"),
    "heading formula": (_bytes(_book(["姓名", "=A1&B1", "电话"])), "B1 是公式"),
    "endless heading": (_bytes(_book(["姓名", "字" * 300, "电话"])), "有 300 个字"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_a_sentence_and_a_way_out(name):
    data, sentence = HOSTILE[name]
    with pytest.raises(WorkbookRefused) as refused:
        read_template(data, "名册.xlsx")
    assert sentence in refused.value.message
    assert refused.value.hint


def test_a_million_styled_empty_rows_are_refused_unparsed():
    rows = b"".join(b'<row r="%d"><c r="A%d" s="1"/></row>' % (n, n) for n in range(6, 400_000))
    data = _with({SHEET: _sheet_xml().replace(b"</sheetData>", rows + b"</sheetData>")})
    with pytest.raises(WorkbookRefused, match="大量数据或空白格式行|压缩炸弹"):
        read_template(data, "名册.xlsx")


def test_a_sheet_that_claims_to_be_huge_is_read_all_the_same():
    data = _with({SHEET: _sheet_xml().replace(b'<dimension ref="A1:D4"', b'<dimension ref="A1:XFD1048576"')})
    assert len(read_template(data, "名册.xlsx").columns) == 3


def test_one_name_for_two_people_is_told_apart_by_who_stands_before_it():
    data = _bytes(_book(["父亲姓名", "身份证号", "母亲姓名", "身份证号"]))
    assert [column.name for column in read_template(data, "a.xlsx").columns].count("身份证号") == 2


def test_a_defined_name_that_leads_nowhere_does_no_harm():
    book = _book(["姓名", "性别"])
    book.defined_names["x"] = DefinedName("x", attr_text="#REF!")
    rule = openpyxl.worksheet.datavalidation.DataValidation(type="list", formula1="x")
    rule.add("B2:B9")
    book.active.add_data_validation(rule)
    assert read_template(_bytes(book), "a.xlsx").columns[1].options == ()
