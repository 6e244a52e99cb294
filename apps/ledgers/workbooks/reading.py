"""Reading a template (读取模板): which rows are headings, what stands above and below, which columns are fields."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from apps.ledgers.workbooks.layout import TemplateColumn, TemplateLayout
from apps.ledgers.workbooks.refusals import NEW_COPY, WorkbookRefused, check_upload

MOST_FIELDS = 200
MOST_HEADER_ROWS = 3
ROWS_SEARCHED = 30
MOST_NAME_LETTERS = 200
SERIAL_NAMES = {"序号", "NO", "No", "No.", "NO.", "№", "编号序号"}
_LABEL = re.compile(r"^(填报|填表|制表|单位|部门|日期|时间|年度|统计|联系|审核|负责|村居|街镇|乡镇)[^：:]{0,8}[：:]")
_FOOTER = re.compile(
    r"^(注|备注|说明|填表说明|填表人|填报人|制表人|审核人|负责人|单位负责人|联系电话|填表日期)\s*[：:0-9一1、.]"
)
_BRACKET = re.compile(r"[（(]([^（()）]{2,80})[)）]\s*$")
_CODED = re.compile(r"[0-9０-９]+\s*[.、:：\-]?\s*([^0-9０-９/、,，;；\s]+)")
_PERSON = re.compile(r"姓名|名字|户主|父亲|母亲|配偶|法人|法定代表人|监护人|负责人|联系人|经办人|申请人")


def read_template(data: bytes, filename: str) -> TemplateLayout:
    """Layout of the first visible sheet that has headings; WorkbookRefused with a sentence when there is none."""
    check_upload(data, filename)
    book = _open(data, cached_values=False)
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not sheets:
        raise WorkbookRefused("工作簿里没有可见的工作表", "请取消隐藏要填报的工作表，保存后再上传")
    for sheet in sheets:
        grid = Grid(sheet)
        if grid.is_empty:
            continue
        return _layout(grid, data, _warnings(sheet, sheets))
    if _has_pictures(data):
        raise WorkbookRefused("工作表里只有图片，没有文字表头", "请把图片里的表头录成单元格文字，再上传")
    raise WorkbookRefused("工作表是空的，没有表头", "请在第一行写上各列的名称，再上传")


def _has_pictures(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return any(name.startswith("xl/media/") for name in archive.namelist())


def _open(data: bytes, *, cached_values: bool) -> Workbook:
    try:
        return openpyxl.load_workbook(io.BytesIO(data), data_only=cached_values)
    except (
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        ParseError,
        OSError,
        zipfile.BadZipFile,
    ) as error:
        raise WorkbookRefused("文件内部不完整，读不出工作表", NEW_COPY) from error


@dataclass(frozen=True)
class Span:
    """A heading and the cells it covers (标题及其合并范围), all counted from 1."""

    text: str
    first_row: int
    last_row: int
    first_column: int
    last_column: int


class Grid:
    """The top of a sheet as headings with their spans (表头区)."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet
        self.spans: dict[tuple[int, int], Span] = {}
        merged = {(area.min_row, area.min_col): area for area in sheet.merged_cells.ranges}
        for row in sheet.iter_rows(max_row=min(sheet.max_row, ROWS_SEARCHED)):
            for cell in row:
                text = _text(cell.value)
                if not text:
                    continue
                area = merged.get((cell.row, cell.column))
                last_row, last_column = (area.max_row, area.max_col) if area else (cell.row, cell.column)
                span = Span(text, cell.row, last_row, cell.column, last_column)
                for covered in range(cell.row, last_row + 1):
                    for column in range(cell.column, last_column + 1):
                        self.spans[covered, column] = span

    @property
    def is_empty(self) -> bool:
        return not self.spans

    def row(self, number: int) -> list[Span]:
        """Headings that touch a row, each once, from left to right."""
        found = {span.first_column: span for (row, _), span in self.spans.items() if row == number}
        return [found[column] for column in sorted(found)]

    def width(self) -> int:
        """The most columns that any row covers."""
        return max(self._covered(number) for number in range(1, ROWS_SEARCHED + 1))

    def _covered(self, number: int) -> int:
        return sum(row == number for row, _ in self.spans)


def _text(value: object) -> str:
    """A heading on one line, without the marks around it."""
    return re.sub(r"\s+", " ", str(value)).strip() if value is not None else ""


def _layout(grid: Grid, data: bytes, warnings: list[str]) -> TemplateLayout:
    first = _first_header_row(grid)
    last = _last_header_row(grid, first)
    _replace_formulas(grid, data, first, last)
    columns, serial = _columns(grid, first, last)
    if not columns:
        raise WorkbookRefused("没有找到表头", "请在一行里写上各列的名称，名称用文字，不要只写数字")
    if len(columns) > MOST_FIELDS:
        raise WorkbookRefused(
            f"表头有 {len(columns)} 列，超过 {MOST_FIELDS} 列的上限", "请拆成几份台账，或删去不用的列后再上传"
        )
    _check_repeats(columns)
    titles = [span.text for number in range(1, first) for span in grid.row(number) if not _LABEL.match(span.text)]
    return TemplateLayout(
        sheet_name=grid.sheet.title,
        title=titles[0][:120] if titles else "",
        header_first=first,
        header_last=last,
        footer_row=_footer_row(grid.sheet, last),
        columns=tuple(columns),
        serial_column=serial,
        warnings=tuple(warnings),
    )


def _first_header_row(grid: Grid) -> int:
    """The first row with several headings over most of the width; titles and “单位：” lines above it do not count."""
    width = grid.width()
    for number in range(1, ROWS_SEARCHED + 1):
        spans = grid.row(number)
        covered = sum(span.last_column - span.first_column + 1 for span in spans)
        labels = sum(bool(_LABEL.match(span.text)) for span in spans)
        if (len(spans) >= 2 or width == 1) and covered * 2 >= width and labels * 2 < len(spans) + 1:
            if all(re.fullmatch(r"[\d.,\-/%\s]+", span.text) for span in spans):
                break
            return number
    raise WorkbookRefused("没有找到表头", "请在一行里写上各列的名称，名称用文字，不要只写数字")


def _last_header_row(grid: Grid, first: int) -> int:
    """Headings go on while one of them covers several rows, or stands over several columns with names below."""
    last = first
    for _ in range(MOST_HEADER_ROWS - 1):
        spans = grid.row(last)
        tall = max(span.last_row for span in spans)
        if tall > last:
            last = tall
            continue
        below = grid.row(last + 1)
        wide = [span for span in spans if span.last_column > span.first_column]
        under = [span for span in below if any(_stands_under(span, group) for group in wide)]
        gaps = set(range(spans[0].first_column, max(s.last_column for s in below) + 1 if below else 0))
        gaps -= {column for span in spans for column in range(span.first_column, span.last_column + 1)}
        fills_gaps = bool(gaps) and gaps <= {span.first_column for span in below}
        if not under and not fills_gaps:
            break
        last += 1
    return min(last, first + MOST_HEADER_ROWS - 1)


def _stands_under(span: Span, group: Span) -> bool:
    return group.first_column <= span.first_column and span.last_column <= group.last_column and span != group


def _replace_formulas(grid: Grid, data: bytes, first: int, last: int) -> None:
    """Headings made by formulas are read as the values last worked out."""
    made = {span for (row, _), span in grid.spans.items() if first <= row <= last and span.text.startswith("=")}
    if not made:
        return
    sheet = _open(data, cached_values=True)[grid.sheet.title]
    for span in made:
        text = _text(sheet.cell(span.first_row, span.first_column).value)
        if not text:
            where = f"{get_column_letter(span.first_column)}{span.first_row}"
            raise WorkbookRefused(f"表头 {where} 是公式，没有算好的结果", "请把表头改成文字，保存后再上传")
        shown = Span(text, span.first_row, span.last_row, span.first_column, span.last_column)
        grid.spans.update({place: shown for place, each in grid.spans.items() if each == span})


def _columns(grid: Grid, first: int, last: int) -> tuple[list[TemplateColumn], int | None]:
    choices = dict(_validations(grid.sheet, last + 1))
    indexes = sorted({column for row, column in grid.spans if first <= row <= last})
    columns: list[TemplateColumn] = []
    serial = None
    for index in indexes:
        path = [grid.spans[row, index] for row in range(first, last + 1) if (row, index) in grid.spans]
        names = list(dict.fromkeys(span.text for span in path))
        name, required = _without_marks(names[-1])
        if name in SERIAL_NAMES and serial is None and not columns:
            serial = index
            continue
        if len(name) > MOST_NAME_LETTERS:
            where = get_column_letter(index)
            raise WorkbookRefused(f"{where} 列的名称有 {len(name)} 个字", "表头只写名称，说明请写成批注或放在表下")
        note = grid.sheet.cell(path[-1].first_row, path[-1].first_column).comment
        hint, bracketed = _bracket(name)
        columns.append(
            TemplateColumn(
                column_index=index,
                name=name,
                group=" / ".join(_without_marks(text)[0] for text in names[:-1])[:200],
                comment=" ".join(filter(None, [hint, _text(note.text) if note else ""]))[:500],
                options=tuple(choices.get(index) or bracketed),
                required=required,
            )
        )
    return columns, serial


def _without_marks(text: str) -> tuple[str, bool]:
    """The name without * and （必填）, and whether it carried one."""
    name = re.sub(r"[（(]\s*必填\s*[)）]|^[*＊]+|[*＊]+$", "", text).strip(" ：:")
    return name or text, name != text.strip(" ：:")


def _bracket(name: str) -> tuple[str, list[str]]:
    """What the brackets of a heading say, and the options among it: 性别（1男2女）, 是否独居（是/否）."""
    found = _BRACKET.search(name)
    if not found:
        return "", []
    inside = found[1].strip()
    coded = _CODED.findall(inside)
    if len(coded) >= 2:
        return inside, coded
    parts = [part.strip() for part in re.split(r"[/、|；;]", inside)]
    return inside, parts if len(parts) >= 2 and all(0 < len(part) <= 12 for part in parts) else []


def _validations(sheet: Worksheet, data_row: int) -> Iterator[tuple[int, list[str]]]:
    """Options of the columns that let one choose from a list in the first row to fill."""
    for rule in sheet.data_validations.dataValidation:
        if rule.type != "list" or not rule.formula1:
            continue
        options = _listed(sheet, str(rule.formula1))
        for area in rule.sqref.ranges:
            if options and area.min_row <= data_row + 1 and area.max_row >= data_row:
                for column in range(area.min_col, min(area.max_col, area.min_col + MOST_FIELDS) + 1):
                    yield column, options


def _listed(sheet: Worksheet, formula: str) -> list[str]:
    """The options behind `"男,女"`, a range, or a defined name; none when they cannot be read."""
    formula = formula.strip().removeprefix("=")
    if formula.startswith('"'):
        return [option.strip() for option in formula.strip('"').split(",") if option.strip()]
    named = sheet.parent.defined_names.get(formula)
    reference = (named.attr_text if named else formula).replace("$", "")
    title, _, area = reference.rpartition("!")
    source = sheet.parent[title.strip("'")] if title and title.strip("'") in sheet.parent.sheetnames else sheet
    try:
        left, top, right, bottom = range_boundaries(area)
    except (ValueError, TypeError):
        return []
    if None in (left, top, right, bottom) or (right - left + 1) * (bottom - top + 1) > 500:
        return []
    cells = source.iter_rows(min_row=top, max_row=bottom, min_col=left, max_col=right, values_only=True)
    return [text for row in cells for value in row if (text := _text(value))]


def _check_repeats(columns: list[TemplateColumn]) -> None:
    """Two columns of one name are told apart by a person named between them (父亲、身份证号、母亲、身份证号)."""
    seen: dict[tuple[str, str], int] = {}
    for position, column in enumerate(columns):
        key = (column.group, column.name)
        before = seen.get(key)
        between = columns[before + 1 : position] if before is not None else []
        if before is not None and not any(_PERSON.search(other.name) for other in between):
            first, second = (get_column_letter(columns[at].column_index) for at in (before, position))
            raise WorkbookRefused(
                f"{first} 列和 {second} 列都叫“{column.name}”", "请改成不同的名称，例如写明是谁的，或删去重复的一列"
            )
        seen[key] = position


def _footer_row(sheet: Worksheet, header_last: int) -> int | None:
    """The first row below the headings that is a note or a signature line (注、填表人)."""
    for row in sheet.iter_rows(min_row=header_last + 1, max_row=min(sheet.max_row, header_last + 500)):
        texts = [text for cell in row if (text := _text(cell.value))]
        if texts and _FOOTER.match(texts[0]):
            return row[0].row
    return None


def _warnings(sheet: Worksheet, sheets: list[Worksheet]) -> list[str]:
    others = [other.title for other in sheets if other is not sheet and other.max_row > 1]
    return [f"只读取了工作表“{sheet.title}”，没有读“{'”“'.join(others)}”"] if others else []
