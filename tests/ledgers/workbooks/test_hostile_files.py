"""Whatever is done to a file, it is read or refused with a sentence: never another error, never long, never large."""

import io
import random
import re
import time
import zipfile
import zlib

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.worksheet.datavalidation import DataValidation

from apps.ledgers.workbooks import TemplateLayout, WorkbookRefused, build_template, fill_template, read_template
from apps.ledgers.workbooks.building import HeadingCell
from apps.ledgers.workbooks.refusals import MEGABYTE

MOST_SECONDS = 3
SHEET = "xl/worksheets/sheet1.xml"


def _rich() -> bytes:
    """A template with everything in it that is read: groups, lists, comments, a code table, a note, a print area."""
    headings = [
        HeadingCell("姓名", "本人", "必填"),
        HeadingCell("性别", "本人", options=("男", "女")),
        HeadingCell("民族"),
    ]
    book = openpyxl.load_workbook(io.BytesIO(build_template("名册", headings, department="区残联", note="按月")))
    codes = book.create_sheet("字典")
    codes.append(["汉族"])
    rule = DataValidation(type="list", formula1="字典!$A$1:$A$1")
    rule.add("D5:D99")
    book.active.add_data_validation(rule)
    book.active["D3"].comment = Comment("见字典", "x")
    book.active["B5"] = "例：张三"
    book.active["C6"] = "=SUM(A5:A5)"
    book.active.print_area = "A1:D7"
    book.active.auto_filter.ref = "A4:D5"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


RICH = _rich()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def truncate(dice, data):
    return data[: dice.randrange(1, len(data))]


def flip(dice, data):
    changed = bytearray(data)
    for _ in range(dice.randrange(1, 30)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _in_one_part(change):
    def mutate(dice, data):
        parts = parts_of(data)
        name = dice.choice(sorted(parts))
        parts[name] = change(dice, parts[name])
        return zipped(parts)

    return mutate


def swap_parts(dice, data):
    parts = parts_of(data)
    one, other = dice.sample(sorted(parts), 2)
    parts[one], parts[other] = parts[other], parts[one]
    return zipped(parts)


def drop_part(dice, data):
    parts = parts_of(data)
    del parts[dice.choice(sorted(parts))]
    return zipped(parts)


def other_numbers(dice, xml):
    odd = [b"0", b"-1", b"99999999999999999999", b"1048577", b"1e9", b"", b"x", b"65536", b"9" * 5000]
    return re.sub(rb"\d+", lambda found: dice.choice(odd) if dice.random() < 0.05 else found[0], xml)


def other_elements(dice, xml):
    """Elements doubled, left out or renamed; mostly still well-formed."""
    pieces = re.split(rb"(<[^>]*/>)", xml)
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(pieces))
        pieces[at] = dice.choice([pieces[at] * 2, b"", pieces[at].replace(b"ref", b"r"), b"<c/>", b"<row><c><v>9"])
    return b"".join(pieces)


def other_attributes(dice, xml):
    names = re.findall(rb"\s\w+=\"[^\"]*\"", xml)
    for name in dice.sample(names, min(len(names), 5)):
        xml = xml.replace(name, dice.choice([b"", name.upper(), b' r="ZZZ9"', b' ref="A1:XFD1048576"', b' t="s"']), 3)
    return xml


def _taken(data: bytes) -> tuple[TemplateLayout | None, str]:
    """The layout, or the sentence and its way out."""
    try:
        return read_template(data, "名册.xlsx"), ""
    except WorkbookRefused as refused:
        return None, refused.message and refused.hint


MUTATIONS = {
    "truncated": truncate,
    "flipped": flip,
    "part truncated": _in_one_part(truncate),
    "part flipped": _in_one_part(flip),
    "parts swapped": swap_parts,
    "part dropped": drop_part,
    "numbers": _in_one_part(other_numbers),
    "elements": _in_one_part(other_elements),
    "attributes": _in_one_part(other_attributes),
}
SEEDS = range(30)


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_file_changed_at_random_is_read_or_refused(name):
    """Nine kinds × thirty seeds; what is taken can also be given back filled."""
    for seed in SEEDS:
        data = MUTATIONS[name](random.Random(f"{name} {seed}"), RICH)
        begun = time.perf_counter()
        taken, sentence = _taken(data)
        assert bool(taken) != bool(sentence), seed
        if taken:
            fill_template(data, taken, [["x"] * len(taken.columns)] * 2)
        assert time.perf_counter() - begun < MOST_SECONDS, seed


def _sheet(inside: bytes, tail: bytes = b"") -> bytes:
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    head = b'<row r="1"><c r="A1" t="inlineStr"><is><t>\xe5\xa7\x93\xe5\x90\x8d</t></is></c></row>'
    return b"<worksheet %s><sheetData>%s%s</sheetData>%s</worksheet>" % (space, head, inside, tail)


NOISE = random.Random(1).randbytes(700_000)  # does not pack, so that the ratio of the zip looks honest


def _with(name: str, content: bytes) -> bytes:
    return zipped(parts_of(RICH) | {name: content, "xl/media/noise.bin": NOISE})


def _many_entries() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(60_000):
            archive.writestr(f"{number}", b"")
    return out.getvalue()


def _long_strings() -> bytes:
    return b"<sst>%s</sst>" % b"".join(b"<si><t>%d</t></si>" % number for number in range(500_000))


HEAVY = {
    "cells to XFD in sixty rows": lambda: _with(
        SHEET,
        _sheet(
            b"".join(
                b'<row r="%d">%s</row>' % (row, b"".join(b'<c s="%d"/>' % (n % 7) for n in range(16_384)))
                for row in range(2, 60)
            )
        ),
    ),
    "a value in every cell": lambda: _with(
        SHEET,
        _sheet(
            b"".join(
                b'<row r="%d">%s</row>' % (r, b"".join(b"<c><v>%d</v></c>" % (r * n) for n in range(100)))
                for r in range(2, 6000)
            )
        ),
    ),
    "a million empty rows": lambda: _with(SHEET, _sheet(b"".join(b"<row/>" for _ in range(1_048_570)))),
    "row 1,048,576": lambda: _with(SHEET, _sheet(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
    "a million attributes": lambda: _with(
        SHEET, _sheet(b"<c %s/>" % b" ".join(b'a%d=">"' % number for number in range(900_000)))
    ),
    "one tag without an end": lambda: _with(SHEET, _sheet(b"<c a='" + NOISE.hex().encode() * 6)),
    "nested without end": lambda: _with(SHEET, _sheet(b"<a>" * 1_000_000)),
    "text of eleven megabytes": lambda: _with(
        SHEET, _sheet(b"<row r='2'><c><v>" + NOISE.hex().encode() * 8 + b"</v></c></row>")
    ),
    "line breaks": lambda: _with(SHEET, _sheet(b"<row r='2'><c><v>" + b"\n7" * 5_500_000 + b"</v></c></row>")),
    "merged cells by the thousand": lambda: _with(
        SHEET,
        _sheet(
            b"",
            b"<mergeCells>%s</mergeCells>"
            % b"".join(b'<mergeCell ref="A%d:B%d"/>' % (n, n) for n in range(5, 300_000)),
        ),
    ),
    "empty lists by the thousand": lambda: _with(SHEET, _sheet(b"", b"<rowBreaks/><mergeCells/>" * 300_000)),
    "comments around what is looked for": lambda: _with(
        SHEET, _sheet(b"", b"<!--" + b"<mergeCells " * 800_000 + b"-->")
    ),
    "shared strings without end": lambda: _with("xl/sharedStrings.xml", _long_strings()),
    "shared strings of a hundred megabytes": lambda: _with("xl/sharedStrings.xml", b"<sst>" + b"<si/>" * 19 * MEGABYTE),
    "styles without end": lambda: _with(
        "xl/styles.xml", b"<styleSheet><cellXfs>%s</cellXfs></styleSheet>" % (b'<xf numFmtId="0"/>' * 500_000)
    ),
    "lists without end": lambda: _with(
        SHEET,
        _sheet(
            b"",
            b"<dataValidations>%s</dataValidations>"
            % b"".join(
                b'<dataValidation type="list" sqref="A1:XFD%d"><formula1>Z1:Z%d</formula1></dataValidation>' % (n, n)
                for n in range(2, 60_000)
            ),
        ),
    ),
    "names without end": lambda: _with(
        "xl/workbook.xml",
        parts_of(RICH)["xl/workbook.xml"].replace(b"<sheets>", b"<definedNames/><sheets>" + b"<x/>" * 900_000),
    ),
    "relations without end": lambda: _with(
        "xl/_rels/workbook.xml.rels",
        b"<Relationships>%s</Relationships>" % (b'<Relationship Id="a" Target="b"/>' * 200_000),
    ),
    "sixty thousand entries": _many_entries,
    "a bomb of equal bytes": lambda: _with("xl/media/a.bin", bytes(95 * MEGABYTE)),
    "a zip within": lambda: _with("xl/media/a.zip", zlib.compress(bytes(80 * MEGABYTE))),
    "formulas within formulas": lambda: _with(
        SHEET, _sheet(b"<row r='2'><c><f>" + b"IF(A1," * 1_500_000 + b"</f></c></row>")
    ),
}


BROKEN_INSIDE = {
    "a format that is no number": ("xl/styles.xml", rb'numFmtId="\d+"', b'numFmtId="x"'),
    "a border that is no number": ("xl/styles.xml", rb'borderId="\d+"', b'borderId="x"'),
    "a format far away": (SHEET, rb' s="\d+"', b' s="70000"'),
    "a link to nowhere": (SHEET, rb"<pageMargins", b'<hyperlinks><hyperlink ref="ZZZZ0"/></hyperlinks><pageMargins'),
    "rows in disorder": (SHEET, rb'<row r="3"', b'<row r="9"'),
    "rows twice": (SHEET, rb'<row r="4"', b'<row r="3"'),
    "a cell in another row": (SHEET, rb' r="B3"', b' r="B7"'),
    "a merge upside down": (SHEET, rb'ref="B3:C3"', b'ref="C3:B3"'),
    "a formula that starts a program": (SHEET, rb"<f>[^<]*</f>", b"<f>cmd|'/c calc'!A0</f>"),
    "a formula that reads another book": (SHEET, rb"<f>[^<]*</f>", b"<f>[1]Sheet1!A1</f>"),
    "the type of a macro book": (
        "[Content_Types].xml",
        rb"openxmlformats-officedocument\.spreadsheetml\.sheet\.main",
        b"ms-excel.sheet.macroEnabled.main",
    ),
    "no type at all": ("[Content_Types].xml", rb"<Override[^>]*workbook.xml[^>]*/>", b""),
    "a picture fetched from elsewhere": (
        "xl/_rels/workbook.xml.rels",
        rb"</Relationships>",
        b'<Relationship Id="z" Type="x/image" TargetMode="External" Target="http://x/"/></Relationships>',
    ),
    "entities in UTF-16": (
        SHEET,
        rb"(?s)^.*$",
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16"),
    ),
}


@pytest.mark.parametrize("name", BROKEN_INSIDE)
def test_a_part_that_says_something_odd(name):
    part, old, new = BROKEN_INSIDE[name]
    parts = parts_of(RICH)
    changed = re.sub(old, lambda _: new, parts[part])
    assert changed != parts[part]
    taken, sentence = _taken(zipped(parts | {part: changed}))
    assert bool(taken) != bool(sentence)
    if taken:
        openpyxl.load_workbook(io.BytesIO(fill_template(zipped(parts | {part: changed}), taken, [["x"] * 3])))


@pytest.mark.parametrize("offset", [0, 7, 0xFFFFFF, 0xFFFFFFF0])
def test_a_list_of_entries_that_lies_about_its_place_is_refused(offset):
    at = RICH.rindex(b"PK\5\6") + 16
    with pytest.raises(WorkbookRefused, match="不完整或已损坏"):
        read_template(RICH[:at] + offset.to_bytes(4, "little") + RICH[at + 4 :], "a.xlsx")


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "xl\\..\\x.xml", "C:/x.xml", "xl/../../x"])
def test_a_part_with_a_path_out_of_the_workbook_is_refused(path):
    with pytest.raises(WorkbookRefused, match="不正常的内部路径"):
        read_template(zipped(parts_of(RICH) | {path: b"x"}), "a.xlsx")


@pytest.mark.parametrize(
    ("begin", "kind"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "图片"),
        (b"Rar!\x1a", "压缩包"),
        (b"{\\rtf1", "写字板文档"),
        (b"<?xml version='1.0'?><Workbook/>", "XML"),
        ("\ufeff姓名,电话".encode(), "文本"),
    ],
)
def test_another_kind_of_file_is_called_by_its_name(begin, kind):
    with pytest.raises(WorkbookRefused, match=f"不是 Excel 工作簿，内容是{kind}"):
        read_template(begin + b" " * 50, "名册.xlsx")


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_file_costs_little(name):
    data = HEAVY[name]()
    assert len(data) < 60 * MEGABYTE
    begun = time.perf_counter()
    taken, sentence = _taken(data)
    assert bool(taken) != bool(sentence)
    assert time.perf_counter() - begun < MOST_SECONDS
