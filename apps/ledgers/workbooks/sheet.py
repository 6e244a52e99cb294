"""The top of one sheet as it stands (工作表内容): texts, merged cells, lists to choose from, what is hidden."""

import re
import unicodedata
from dataclasses import dataclass, field

from apps.ledgers.workbooks.package import Attributes, Package, SheetPart
from apps.ledgers.workbooks.references import MOST_COLUMNS, MOST_ROWS, Area, read_area, read_areas, read_place
from apps.ledgers.workbooks.refusals import WorkbookRefused, too_big

ROWS_READ = 600  # headings are looked for at the top of them, notes below the rows in the rest
MOST_FILLED_CELLS = 200_000
MOST_MERGED_CELLS = 20_000
MOST_LETTERS = 2000
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FULL_WIDTH = {ord("　"): " "} | {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF5B))}
_FULL_WIDTH = {code: into for code, into in _FULL_WIDTH.items() if not 0xFF3B <= code <= 0xFF40}
_CHINESE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_BETWEEN_CHINESE = re.compile(rf"(?<=[{_CHINESE}])\s+(?=[{_CHINESE}])")


def one_line(value: str) -> str:
    """A heading on one line: full-width letters made narrow, gaps between Chinese characters closed, nothing unseen."""
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value[:MOST_LETTERS]).translate(_FULL_WIDTH)
    text = "".join(" " if each.isspace() else each for each in text if each.isspace() or _is_seen(each))
    return _BETWEEN_CHINESE.sub("", re.sub(r"\s+", " ", text)).strip()


def _is_seen(character: str) -> bool:
    """No control, direction or half characters; private ones stay, for rare names are written with them."""
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Cn")


@dataclass
class ListRule:
    """下拉选项: the areas it holds for, and the formula that names the options."""

    areas: list[Area]
    formula: str


@dataclass
class SheetContent:
    """工作表内容, down to row `ROWS_READ`."""

    part: SheetPart
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    uncalculated: set[tuple[int, int]] = field(default_factory=set)
    merged: dict[tuple[int, int], Area] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    rules: list[ListRule] = field(default_factory=list)
    last_row: int = 0

    def is_hidden(self, column: int) -> bool:
        return any(first <= column <= last for first, last in self.hidden_columns)


def read_sheet(package: Package, part: SheetPart) -> SheetContent:
    """Read a sheet, once, without keeping what is of no interest; WorkbookRefused when it is no template's size."""
    if part.part in package.sheets_read:
        return package.sheets_read[part.part]
    reader = _SheetReader(SheetContent(part))
    package.walk(part.part, reader.start, reader.end, reader.text)
    content = reader.content
    shared = package.texts(set(reader.shared.values()))
    content.texts |= {place: shared[number] for place, number in reader.shared.items() if number in shared}
    content.texts = {place: text for place, each in sorted(content.texts.items()) if (text := one_line(each))}
    package.sheets_read[part.part] = content
    return content


class _SheetReader:
    def __init__(self, content: SheetContent) -> None:
        self.content = content
        self.shared: dict[tuple[int, int], int] = {}
        self.row = self.column = self.filled = self.covered = 0
        self.kind = self.inside = ""
        self.words: list[str] = []
        self.rule: ListRule | None = None

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "c":
            self._cell(attributes)
        elif tag == "row":
            self._row(attributes)
        elif tag in ("v", "t", "f", "formula1", "sqref"):
            self.inside, self.words = tag, []
        elif tag == "rPh":
            self.inside = "rPh"
        elif tag == "mergeCell":
            self._merge(attributes)
        elif tag == "dataValidation" and attributes.get("type") == "list":
            self.rule = ListRule(read_areas(attributes.get("sqref", "")), "")
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = int(attributes.get("min", "0")), int(attributes.get("max", "0"))
            self.content.hidden_columns.append((first, min(last, MOST_COLUMNS)))

    def _row(self, attributes: Attributes) -> None:
        row = int(attributes["r"]) if "r" in attributes else self.row + 1
        if not self.row < row <= MOST_ROWS:
            raise ValueError(row)
        self.row, self.column = row, 0
        if attributes.get("hidden") in ("1", "true") and row <= ROWS_READ:
            self.content.hidden_rows.add(row)

    def _cell(self, attributes: Attributes) -> None:
        if "r" in attributes:
            row, self.column = read_place(attributes["r"])
            if row != self.row:
                raise ValueError(row)
        else:
            self.column += 1
        self.kind, self.inside = attributes.get("t", "n"), ""

    def text(self, words: str) -> None:
        if self.inside and len(self.words) < 100:
            self.words.append(words)

    def end(self, tag: str) -> None:
        if tag == "v" or (tag == "t" and self.inside == "t"):
            self._value("".join(self.words))
        elif tag in ("f", "formula1") and self.rule:
            self.rule.formula = self.rule.formula or "".join(self.words).strip()
        elif tag == "f":
            _check_formula("".join(self.words))
            if self.row <= ROWS_READ:
                self.content.uncalculated.add((self.row, self.column))
        elif tag == "sqref" and self.rule:
            self.rule.areas += read_areas("".join(self.words))
        elif tag == "dataValidation" and self.rule:
            if len(self.content.rules) < 1000:
                self.content.rules.append(self.rule)
            self.rule = None
        if tag in ("v", "t", "f", "formula1", "sqref", "rPh"):
            self.inside, self.words = "", []

    def _value(self, words: str) -> None:
        if not words.strip():
            return
        self.filled += 1
        if self.filled > MOST_FILLED_CELLS:
            raise too_big()
        place = (self.row, self.column)
        self.content.last_row = self.row
        if self.row > ROWS_READ:
            return
        self.content.uncalculated.discard(place)
        if self.kind == "s":
            self.shared[place] = int(words)
        else:
            before = self.content.texts.get(place, "") if self.kind == "inlineStr" else ""
            self.content.texts[place] = (before + words)[:MOST_LETTERS]

    def _merge(self, attributes: Attributes) -> None:
        area = read_area(attributes.get("ref", ""))
        self.covered += area.cells
        if self.covered > MOST_MERGED_CELLS:
            raise WorkbookRefused("合并单元格的范围太大", "请取消整行、整列的合并，只合并表头和标题")
        self.content.merged[area.top, area.left] = area


def _check_formula(formula: str) -> None:
    """No formula that starts a program or reads another workbook."""
    plain = re.sub(r'"[^"]*"', "", formula)
    if "|" in plain or re.search(r"\[\d+\]", plain):
        raise WorkbookRefused("文件引用了别的工作簿", "请在“数据—编辑链接”中断开链接，保存后再上传")
