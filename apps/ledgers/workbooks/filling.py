"""Filling a template (填入模板): the department's own workbook, byte for byte, with rows put into one sheet of it.

Only what must change is written anew: the rows, the places below and around them, and the cell styles that keep text
text. Rows are taken as they come, so that memory does not grow with them.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import IO
from xml.sax.saxutils import escape, unescape

from openpyxl.utils import get_column_letter

from apps.core.errors import DomainError
from apps.ledgers.workbooks.layout import TemplateColumn, TemplateLayout
from apps.ledgers.workbooks.package import Package, SheetPart, walk_xml
from apps.ledgers.workbooks.references import MOST_ROWS, RowShift, read_area, read_place
from apps.ledgers.workbooks.refusals import unreadable
from apps.ledgers.workbooks.styles import CellStyles

Value = str | int | Decimal | date | None
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE_LIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_PLAIN = re.compile(r"[^\x00-\x1f<>&_\ud800-\udfff\ufffe\uffff]{0,32767}")
_DATE_ASKED = re.compile(
    r"(?:[Yy]{4}|(?:19|20)\d\d)([-./年]?)(?:[Mm]{1,2}|(?:1[0-2]|0?[1-9])(?!\d{3}))([-./月]?)([Dd]{1,2}|[0-3]?\d)?(日?)"
)
_DAY_ZERO = date(1899, 12, 30)
_FIRST_SAFE_DAY = date(1900, 3, 1)
MOST_LETTERS = 32_767
LISTS = {"mergeCells": b"mergeCell", "hyperlinks": b"hyperlink", "rowBreaks": b"brk"}


def fill_template(data: bytes, layout: TemplateLayout, rows: Iterable[Sequence[Value]]) -> bytes:
    """The template with these rows, each a value per column of the layout, in its order.

    Text stays text, whatever it begins with: an ID number keeps its digits and “=1+1” is no formula. Numbers are
    numbers; a date is one where the department's column is formatted as dates, and else text as the heading asks.
    Sample rows of the template are replaced; what stands below them moves down.
    """
    package = Package(data)
    part = next((sheet for sheet in package.sheets if sheet.name == layout.sheet_name), None)
    if part is None:
        raise unreadable()
    sheet = _SheetXml(package, part, layout)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        target.writestr("[Content_Types].xml", _without_calc_chain(_utf8(package.read("[Content_Types].xml"))))
        with target.open(part.part, "w", force_zip64=True) as stream:
            shift = sheet.write(stream, rows)
        for name in sorted(package.names - {"[Content_Types].xml", part.part}):
            if name.endswith("/calcChain.xml"):
                continue
            target.writestr(name, _around(package, part, name, shift, sheet.styles))
    return out.getvalue()


def _around(package: Package, part: SheetPart, name: str, shift: RowShift, styles: CellStyles) -> bytes:
    """Another part of the workbook, with its places in the sheet moved (打印区域、图形、超级表)."""
    content = package.read(name)
    kinds = {each.target: each.kind for each in package.relations(part.part).values()}
    if name == package.workbook_part:
        return _workbook(_utf8(content), part.name, shift)
    if name == styles.part:
        return styles.xml()
    if name.endswith(".rels"):
        return _without_calc_chain(_utf8(content))
    if kinds.get(name) == "drawing" and shift.footer:
        return re.sub(rb"(<(?:\w+:)?row>)(\d{1,7})(?=</)", lambda found: _anchor(found, shift), _utf8(content))
    if kinds.get(name) == "table":
        return _references_moved(_utf8(content), shift)
    return content


def _anchor(found: re.Match[bytes], shift: RowShift) -> bytes:
    row = int(found[2]) + 1
    return found[1] + str(shift.top(row) - 1 if shift.footer and row >= shift.footer else row - 1).encode()


def _workbook(xml: bytes, sheet_name: str, shift: RowShift) -> bytes:
    """Print areas and filters of the sheet follow its rows; formulas are worked out anew when it is opened."""
    own = {sheet_name, "'" + sheet_name.replace("'", "''") + "'"}

    def moved(found: re.Match[bytes]) -> bytes:
        references = unescape(found[2].decode(), {"&quot;": '"', "&apos;": "'"}).split(",")
        pairs = [each.rpartition("!") for each in references]
        text = ",".join(
            f"{title}!{shift.areas(area)}" if title in own else title + mark + area for title, mark, area in pairs
        )
        return found[1] + escape(text).encode()

    xml = re.sub(rb"(<(?:\w+:)?definedName\b[^>]*>)([^<]{1,2000})(?=</)", moved, xml)
    if re.search(rb"<(\w+:)?calcPr\b", xml):
        xml = re.sub(rb'\sfullCalcOnLoad="[^"]*"', b"", xml)
        return re.sub(rb"<((?:\w+:)?calcPr)\b", rb'<\1 fullCalcOnLoad="1"', xml)
    return xml


def _without_calc_chain(xml: bytes) -> bytes:
    return re.sub(rb"<(?:\w+:)?(?:Override|Relationship)\b[^>]*calcChain[^>]*/>", b"", xml)


def _utf8(xml: bytes) -> bytes:
    """XML parts may be UTF-16; what is put between their bytes is UTF-8."""
    if xml.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = xml.decode("utf-16")
        except UnicodeDecodeError as error:
            raise unreadable() from error
        return re.sub(r'encoding=["\'][^"\']*["\']', 'encoding="UTF-8"', text, count=1).encode("utf-8", "replace")
    return xml


def _references_moved(xml: bytes, shift: RowShift) -> bytes:
    def moved(found: re.Match[bytes]) -> bytes:
        return found[1] + shift.areas(found[2].decode()).encode() + found[3]

    xml = re.sub(rb'(\s(?:sq)?ref=")([A-Z0-9:$ ]+)(")', moved, xml)
    xml = re.sub(rb"(\s(?:sq)?ref=')([A-Z0-9:$ ]+)(')", moved, xml)
    return re.sub(rb"(<(?:\w+:)?sqref>)([A-Z0-9:$ ]+)(</)", moved, xml)


class _SheetXml:
    """The sheet cut into what stands before the rows, one row to repeat, what stands below, and the rest."""

    def __init__(self, package: Package, part: SheetPart, layout: TemplateLayout) -> None:
        self.layout = layout
        self.xml = _utf8(package.read(part.part))
        if b"<![CDATA[" in self.xml or b"<!--" in self.xml:
            raise unreadable()  # no office program writes them here, and what is put in must not land in one
        self.rows: list[tuple[int, int]] = []  # number, first byte
        self.end_of_rows = 0
        self.lists: dict[str, tuple[int, int]] = {}  # places listed behind the rows: first and last byte
        self.styled: dict[int, dict[int, int]] = {}
        self.column_styles: dict[int, int] = {}
        self.prefix = ""
        self.attributes: dict[str, str] = {}  # of the row to repeat
        self.styles = CellStyles(package)
        self._scan()
        self.columns = [_Column(self, column) for column in layout.columns]

    def _scan(self) -> None:
        at = [0]
        kept = {self.layout.header_last, self.layout.data_row}
        row = column = 0
        opened: dict[str, int] = {}
        limit = max(column.column_index for column in self.layout.columns)

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal row, column
            if tag in LISTS:
                if tag in opened:
                    raise unreadable()
                opened[tag] = at[0]
            elif tag == "row":
                row, column = int(attributes.get("r", row + 1)), 0
                self.rows.append((row, at[0]))
                if row == self.layout.data_row:
                    self.attributes = attributes
            elif tag == "c":
                column = read_place(attributes["r"])[1] if "r" in attributes else column + 1
                style = int(attributes.get("s", "0"))
                if style and not 0 < style < len(self.styles.formats):
                    raise unreadable()
                if row in kept and column <= limit and "s" in attributes:
                    self.styled.setdefault(row, {})[column] = style
            elif tag == "col" and "style" in attributes:
                first, last = int(attributes.get("min", 0)), int(attributes.get("max", 0))
                self.column_styles |= dict.fromkeys(range(first, min(last, limit) + 1), int(attributes["style"]))

        def end(tag: str) -> None:
            if tag == "sheetData":
                self.end_of_rows = at[0]
            elif tag in LISTS and self.end_of_rows:
                self.lists[tag] = (opened[tag], self.xml.index(b">", at[0]) + 1)

        walk_xml(self.xml, start, end, at=at)
        if (
            not self.rows
            or not self.end_of_rows
            or [row for row, _ in self.rows] != sorted({row for row, _ in self.rows})
        ):
            raise unreadable()
        name = re.match(rb"<((?:\w+:)?)row\b", self.xml[self.rows[0][1] :])
        if not name:
            raise unreadable()
        self.prefix = name[1].decode()

    def style_before(self, column: int) -> tuple[int | None, bool]:
        """The style a column has where rows go, and whether it is the department's own or only its heading's."""
        own = self.styled.get(self.layout.data_row, {}).get(column, self.column_styles.get(column))
        if own:
            return own, True
        return self.styled.get(self.layout.header_last, {}).get(column), False

    def write(self, stream: IO[bytes], rows: Iterable[Sequence[Value]]) -> RowShift:
        layout = self.layout
        below = [(row, at) for row, at in self.rows if layout.footer_row and row >= layout.footer_row]
        first = next((at for row, at in self.rows if row >= layout.data_row), self.end_of_rows)
        head = re.sub(rb"<(?:\w+:)?dimension\b[^>]*/>", b"", self.xml[:first])
        stream.write(head)
        count = 0
        batch: list[str] = []
        most = MOST_ROWS - layout.data_row - (self.rows[-1][0] - layout.footer_row if layout.footer_row else 0)
        for row in rows:
            if count >= most:
                raise DomainError(f"数据超过 Excel 一张表的上限（{MOST_ROWS} 行）", "请按街镇分开取回")
            batch.append(self._row(count, row))
            count += 1
            if len(batch) == 500:
                stream.write("".join(batch).encode())
                batch.clear()
        if not count:
            batch.append(self._row(0, [None] * len(self.columns)))
        stream.write("".join(batch).encode())
        shift = RowShift(layout.data_row, layout.footer_row, count)
        ends = [at for _, at in below[1:]] + [self.end_of_rows]
        for (number, at), until in zip(below, ends, strict=False):
            stream.write(self._moved(self.xml[at:until], number, shift))
        stream.write(self._rest(shift))
        return shift

    def _row(self, number: int, values: Sequence[Value]) -> str:
        at, p = self.layout.data_row + number, self.prefix
        cells = {column.index: column.cell(at, value, p) for column, value in zip(self.columns, values, strict=True)}
        if self.layout.serial_column and (number or any(value is not None for value in values)):
            index = self.layout.serial_column
            style, _ = self.style_before(index)
            cells[index] = _cell(index, at, self.styles.keep(style, self.style_before(index)[1]), number + 1, p)
        for index, style in self.styled.get(self.layout.data_row, {}).items():
            cells.setdefault(index, _cell(index, at, style, None, p))
        kept = "".join(
            f' {name}="{escape(self.attributes[name])}"' for name in ("ht", "customHeight") if name in self.attributes
        )
        return f'<{p}row r="{at}"{kept}>{"".join(cells[index] for index in sorted(cells))}</{p}row>'

    def _moved(self, xml: bytes, number: int, shift: RowShift) -> bytes:
        """A row below the data at its new place, its formulas over all the rows."""
        to = number + shift.offset
        xml = re.sub(rb"(<(?:\w+:)?row\b[^>]*?)\sr=[\"']\d+[\"']", rb"\1", xml, count=1)
        xml = re.sub(rb"(<(?:\w+:)?row)\b", rb'\1 r="%d"' % to, xml, count=1)
        xml = re.sub(rb"(<(?:\w+:)?c\b[^>]*?\sr=[\"'][A-Z]+)\d+", rb"\g<1>%d" % to, xml)
        xml = re.sub(rb"<((?:\w+:)?)f\b[^>]*?/>", b"", xml)

        def formula(found: re.Match[bytes]) -> bytes:
            text = shift.formula(unescape(found[2].decode("utf-8", "replace")))
            return b"<%sf>%s</%sf>" % (found[1], escape(text).encode(), found[1])

        return re.sub(rb"<((?:\w+:)?)f\b[^>]*>([^<]*)</(?:\w+:)?f>(?:\s*<(?:\w+:)?v>[^<]*</(?:\w+:)?v>)?", formula, xml)

    def _rest(self, shift: RowShift) -> bytes:
        """What follows the rows: merged cells, lists to choose from, filters, page breaks, moved with them."""
        pieces, at = [], self.end_of_rows
        for tag, (start, end) in sorted(self.lists.items(), key=lambda item: item[1]):
            pieces += [self.xml[at:start], _list_moved(tag, self.xml[start:end], shift)]
            at = end
        return _references_moved(b"".join([*pieces, self.xml[at:]]), shift)


def _list_moved(tag: str, xml: bytes, shift: RowShift) -> bytes:
    """A list without what stood in the sample rows; nothing when all of it did. Page breaks move."""
    if tag == "rowBreaks":
        return re.sub(rb"(\sid=[\"'])(\d{1,7})", lambda found: _page_break(found, shift), xml)
    item = LISTS[tag]
    kept = []
    for each in re.findall(rb"<(?:\w+:)?%s\b[^>]*?(?:/>|>\s*</(?:\w+:)?%s>)" % (item, item), xml):
        reference = re.search(rb"\sref=[\"']([A-Z0-9:$]+)[\"']", each)
        if reference and not shift.is_sample(read_area(reference[1].decode())):
            kept.append(each)
    prefix = re.match(rb"<((?:\w+:)?)", xml)
    name = (prefix[1] if prefix else b"") + tag.encode()
    return b"<%s>%s</%s>" % (name, b"".join(kept), name) if kept else b""


def _page_break(found: re.Match[bytes], shift: RowShift) -> bytes:
    """A break stands behind the row it names; those among the sample rows stay."""
    row = int(found[2])
    return found[1] + str(shift.top(row + 1) - 1 if shift.footer and row + 1 >= shift.footer else row).encode()


class _Column:
    """How the values of one column are written (一列的写法)."""

    def __init__(self, sheet: _SheetXml, column: TemplateColumn) -> None:
        self.index = column.column_index
        self.letter = get_column_letter(self.index)
        style, own = sheet.style_before(self.index)
        styles = sheet.styles
        self.as_is = styles.keep(style, own)
        self.as_text = styles.text(style, own)
        self.is_text = own and styles.is_text(style)
        self.is_date = own and styles.is_date(style)
        self.epoch_shift = styles.epoch_shift
        self.asked = _DATE_ASKED.search(f"{column.name} {column.comment}")

    def cell(self, row: int, value: Value, prefix: str) -> str:
        if isinstance(value, date):
            if self.is_date and value >= _FIRST_SAFE_DAY:
                return _cell(self.index, row, self.as_is, (value - _DAY_ZERO).days - self.epoch_shift, prefix)
            value = self._date_in_words(value)
        if isinstance(value, int | Decimal) and self.is_text:
            value = str(value)
        style = self.as_text if isinstance(value, str) or value is None else self.as_is
        return _cell(self.index, row, style, value, prefix)

    def _date_in_words(self, value: date) -> str:
        """As the heading asks: 2020-01-01 unless it shows another way (YYYYMMDD, 1985.3, 2020年1月)."""
        if not self.asked:
            return value.isoformat()
        first, second, day, _ = self.asked.groups()
        month = f"{value:%Y}{first}{value:%m}"
        if not day:
            return f"{month}月" if first == "年" else month
        return f"{month}{second}{value:%d}" + ("日" if second == "月" else "")


def _cell(index: int, row: int, style: int | None, value: Value, prefix: str) -> str:
    where = f'<{prefix}c r="{get_column_letter(index)}{row}"' + (f' s="{style}"' if style is not None else "")
    if value is None or value == "":
        return f"{where}/>"
    if isinstance(value, str):
        text = value if _PLAIN.fullmatch(value) else _escaped(value)
        words = f'<{prefix}t xml:space="preserve">{text}</{prefix}t>'
        return f'{where} t="inlineStr"><{prefix}is>{words}</{prefix}is></{prefix}c>'
    return f"{where}><{prefix}v>{value}</{prefix}v></{prefix}c>"


def _escaped(value: str) -> str:
    return escape(_ESCAPE_LIKE.sub("_x005F_", _NOT_IN_XML.sub("", value))[:MOST_LETTERS])
