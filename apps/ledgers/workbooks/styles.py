"""Cell styles of a workbook (单元格格式): the department's own, and copies of them that keep text text."""

import re

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

from apps.ledgers.workbooks.package import Package, walk_xml
from apps.ledgers.workbooks.refusals import unreadable

GENERAL, TEXT = 0, 49
_LOCAL_DATES = {*range(27, 37), *range(50, 59)}  # dates of Chinese Excel that have no code in the file


class CellStyles:
    """The list of cell formats; what is added stands at its end, so that no number changes."""

    def __init__(self, package: Package) -> None:
        relations = package.relations(package.workbook_part).values()
        self.part = next((each.target for each in relations if each.kind == "styles"), "")
        self.source = package.read(self.part) if self.part in package.names else b""
        self.formats: list[dict[str, str]] = []
        self.slices: list[tuple[int, int]] = []
        self.codes: dict[int, str] = {}
        self.end = 0
        self.added: dict[tuple[int | None, int, bool], int] = {}
        self.additions: list[bytes] = []
        self.epoch_shift = 1462 if _counts_from_1904(package) else 0
        if self.source and self.source[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            self._scan()

    def _scan(self) -> None:
        at, starts, inside = [0], [], [False]

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "cellXfs":
                inside[0] = True
            elif tag == "xf" and inside[0]:
                for name in ("numFmtId", "fontId", "fillId", "borderId"):
                    int(attributes.get(name, "0"))
                self.formats.append(attributes)
                starts.append(at[0])
            elif tag == "numFmt":
                self.codes[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")[:300]

        def end(tag: str) -> None:
            if tag == "cellXfs":
                inside[0] = False
                self.end = at[0]

        walk_xml(self.source, start, end, at=at)
        if len(self.formats) > 65_000:
            raise unreadable()
        self.slices = list(zip(starts, [*starts[1:], self.end], strict=False))

    def _known(self, style: int | None) -> int | None:
        return style if style is not None and 0 <= style < len(self.formats) else None

    def _number_format(self, style: int | None) -> int:
        known = self._known(style)
        return int(self.formats[known].get("numFmtId", "0")) if known is not None else GENERAL

    def is_text(self, style: int | None) -> bool:
        return self._number_format(style) == TEXT

    def is_date(self, style: int | None) -> bool:
        number = self._number_format(style)
        code = self.codes.get(number) or BUILTIN_FORMATS.get(number, "")
        return number in _LOCAL_DATES or is_date_format(code.replace("年", "y"))

    def keep(self, style: int | None, is_own: bool) -> int | None:
        """The department's own style; of a heading only its lines are taken."""
        return self._known(style) if is_own else self._like_heading(style, GENERAL)

    def text(self, style: int | None, is_own: bool) -> int | None:
        """The style with the format 文本 where it had none, so that editing a cell keeps its zeros and digits."""
        if not is_own:
            return self._like_heading(style, TEXT)
        known = self._known(style)
        if known is None or self._number_format(known) != GENERAL:
            return known
        first, last = self.slices[known]
        return self._add((known, TEXT, True), self._with_text_format(self.source[first:last].strip()))

    @staticmethod
    def _with_text_format(xml: bytes) -> bytes:
        tag, closing, children = xml.partition(b">")
        tag = re.sub(rb'\s(numFmtId|applyNumberFormat|quotePrefix)=("[^"]*"|\'[^\']*\')', b"", tag)
        tag = re.sub(rb"<((?:\w+:)?xf)\b", rb'<\1 numFmtId="%d" applyNumberFormat="1"' % TEXT, tag, count=1)
        return tag + closing + children

    def _like_heading(self, style: int | None, number: int) -> int | None:
        known = self._known(style)
        if not self.formats:
            return None
        border = int(self.formats[known].get("borderId", "0")) if known is not None else 0
        prefix = re.match(rb"<((?:\w+:)?)xf", self.source[self.slices[0][0] :])
        xml = b'<%sxf numFmtId="%d" fontId="0" fillId="0" borderId="%d" applyNumberFormat="1" applyBorder="1"/>'
        return self._add((border, number, False), xml % (prefix[1] if prefix else b"", number, border))

    def _add(self, key: tuple[int | None, int, bool], xml: bytes) -> int:
        if key not in self.added:
            self.added[key] = len(self.formats) + len(self.additions)
            self.additions.append(xml)
        return self.added[key]

    def xml(self) -> bytes:
        if not self.additions:
            return self.source
        head, tail = self.source[: self.end], self.source[self.end :]
        count = len(self.formats) + len(self.additions)
        head = re.sub(rb"(<(?:\w+:)?cellXfs)\b[^>]*>", rb'\1 count="%d">' % count, head, count=1)
        return head + b"".join(self.additions) + tail


def _counts_from_1904(package: Package) -> bool:
    found: list[bool] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "workbookPr":
            found.append(attributes.get("date1904") in ("1", "true"))

    package.walk(package.workbook_part, start)
    return any(found)
