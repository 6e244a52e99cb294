"""Which rows of a sheet are its headings (表头识别), told from titles, fill-in lines, sample rows and notes."""

import re
from dataclasses import dataclass, replace

from apps.ledgers.workbooks.data_rows import is_of_a_person, looks_like_data
from apps.ledgers.workbooks.references import Area
from apps.ledgers.workbooks.refusals import WorkbookRefused
from apps.ledgers.workbooks.sheet import ROWS_READ, SheetContent

ROWS_SEARCHED = 30
MOST_HEADER_ROWS = 6
_LABEL = re.compile(
    r"^(填报|填表|制表|上报|报送|单位|部门|日期|时间|年度|统计|联系|审核|负责|村居|村|居委|街镇|乡镇|街道|表号|批准|备案|有效期)"
    r"[^：:]{0,10}[：:]"
)
_TITLE = re.compile(r"(表|台账|名册|花名册|清单|一览|汇总|名单|统计|档案|登记)([（(【].*)?$")
_NUMBER = re.compile(r"[\d.,\-/%\s]+|[甲乙丙丁戊己庚辛]")
_SAMPLE = re.compile(
    r"^(例|示例|样例|范例|如)[：:]?|张三|李四|王五|某某|^\d{4,}|^\d+(\.\d+)?$|\d{4}[-./年]\d{1,2}|^1\d{10}$"
)
_NOT_A_GROUP = re.compile(r"^附[件表]|[：:]|(局|委|委员会|办公室|镇|乡|街道|政府|中心|村|居委会)$")
_REMARK = re.compile(r"备\s*注|说\s*明|附\s*注")
_NOTE = re.compile(
    r"^(注|备注|说明|附注|填表说明|填报说明|填写说明|填表要求|填表人|填报人|制表人|审核人|审批人|负责人|单位负责人|经办人|联系人|"
    r"联系电话|填表日期|填报日期|单位盖章|盖章)\s*([：:0-9一1、.（(]|$)|^(合\s*计|总\s*计|小\s*计|共\s*计)$|^[*※]\s*\S{4}"
    r"|^(村|居|村（居）|镇|街道|单位)\S{0,6}[（(](盖章|公章|签字)"
)


@dataclass(frozen=True)
class Span:
    """A text and the cells it covers (文字及其合并范围)."""

    text: str
    area: Area

    @property
    def is_wide(self) -> bool:
        return self.area.right > self.area.left


class Grid:
    """The top of a sheet as spans (表头区); hidden rows are passed over."""

    def __init__(self, content: SheetContent) -> None:
        self.content = content
        self.rows: dict[int, list[Span]] = {}
        for (row, column), text in content.texts.items():
            span = Span(text, content.merged.get((row, column), Area(row, column, row, column)))
            for covered in range(row, min(span.area.bottom, ROWS_READ) + 1):
                if covered not in content.hidden_rows:
                    self.rows.setdefault(covered, []).append(span)
        for spans in self.rows.values():
            spans.sort(key=_left)

    def row(self, number: int) -> list[Span]:
        return self.rows.get(number, [])

    def begins(self, number: int) -> list[Span]:
        """Spans whose text stands in this row."""
        return [span for span in self.row(number) if span.area.top == number]

    def width(self) -> int:
        """The most columns that a row of several texts covers; a title may be wider than the table, or narrower."""
        rows = [self.row(number) for number in range(1, ROWS_SEARCHED + 1)]
        return max((_covered(spans) for spans in rows if len(spans) > 1), default=1)

    def next_row(self, number: int) -> int:
        """The next row that shows (下一可见行)."""
        while number + 1 in self.content.hidden_rows:
            number += 1
        return number + 1


def _is_wide(span: Span) -> bool:
    return span.is_wide


def _left(span: Span) -> int:
    return span.area.left


def _covered(spans: list[Span]) -> int:
    return sum(span.area.right - span.area.left + 1 for span in spans)


@dataclass(frozen=True)
class Headings:
    """表头: its rows, the rows of names among them, and the row with the first datum."""

    first: int
    last: int
    paths: dict[int, list[Span]]
    data_row: int


def find_headings(grid: Grid) -> Headings:
    first = _first_row(grid)
    last, groups = _last_row(grid, first)
    _check_no_data(grid, first, last)
    paths: dict[int, list[Span]] = {}
    for number in range(first, last + 1):
        for span in [*grid.row(number), *groups.get(number, [])]:
            for column in range(span.area.left, span.area.right + 1):
                path = paths.setdefault(column, [])
                if span not in path:
                    path.append(span)
    return Headings(first, last, dict(sorted(paths.items())), _data_row(grid, last))


def _first_row(grid: Grid) -> int:
    """The first row with several names over most of the width; titles, fill-in lines and numbers do not count."""
    width = grid.width()
    for number in range(1, ROWS_SEARCHED + 1):
        spans = grid.row(number)
        if (len(spans) > 1 or (width == 1 and spans)) and _covered(spans) * 2 >= width and _names(grid, spans, width):
            return _group_row_above(grid, number) or number
    raise no_headings()


def no_headings() -> WorkbookRefused:
    return WorkbookRefused("没有找到表头", "请在一行里写上各列的名称，名称用文字，不要只写数字")


def _check_no_data(grid: Grid, first: int, last: int) -> None:
    """Rows of data must not become names of fields, nor the number of a person a part of one."""
    row, below = ({span.area.left: span.text for span in grid.begins(at)} for at in (first, grid.next_row(first)))
    if row and looks_like_data(row, below):
        raise _data_instead(first)
    for number in range(first, last + 1):
        if any(is_of_a_person(span.text) for span in grid.begins(number)):
            raise _data_instead(number)


def _data_instead(row: int) -> WorkbookRefused:
    return WorkbookRefused(
        f"没有找到表头：第 {row} 行看起来是数据，不是各列的名称",
        "请在数据上面加一行，写上各列的名称（如姓名、联系电话），保存后再上传",
    )


def _group_row_above(grid: Grid, first: int) -> int | None:
    """A short row of groups, not merged, above a full row of names: 序号、本人、父亲 over 姓名、电话、姓名、电话."""
    shown = [number for number in range(1, first) if number not in grid.content.hidden_rows]
    spans = grid.row(shown[-1]) if shown else []
    below = grid.begins(first)
    if len(spans) < 2 or len(spans) >= len(below) or any(_no_group(span, shown[-1]) for span in spans):
        return None
    loose = _loose_groups(spans, below)
    if not _is_second_level(spans, loose, below):
        return None
    divided = [
        [name.text for name in below if _stands_under(name, group)]
        for group in [*loose, *filter(_is_wide, spans)]
        if _several_under(group, below)
    ]
    own = {name.area.left for name in below}
    each_stands = all(
        span.area.left not in own or any(_several_under(group, below) for group in loose if group.text == span.text)
        for span in spans
        if not span.is_wide
    )
    names = [name for group in divided for name in set(group)]
    repeated = len(names) > len(set(names))
    plain = repeated or not any(re.match(r"(19|20)\d\d", span.text) for span in spans)
    return shown[-1] if len(divided) > 1 and each_stands and plain else None


def _no_group(span: Span, row: int) -> bool:
    """Titles, fill-in lines, departments, days and what reaches down from above stand over names too."""
    text = span.text
    return (
        span.area.top != row
        or len(text) > 20
        or bool(_TITLE.search(text) or _LABEL.match(text) or _NOT_A_GROUP.search(text) or _SAMPLE.search(text))
    )


def _names(grid: Grid, spans: list[Span], width: int) -> bool:
    if all(_NUMBER.fullmatch(span.text) for span in spans):
        return False
    if len(spans) < 3 and max(len(span.text) for span in spans) > 60:
        return False
    widest = max(spans, key=lambda span: span.area.right - span.area.left)
    if len(spans) < 4 and widest.is_wide and _covered([widest]) * 2 > width and _TITLE.search(widest.text):
        return False
    if len(spans) == 1 and _is_title_alone(grid, spans[0]):
        return False
    labels = sum(bool(_LABEL.match(span.text)) for span in spans)
    if not labels:
        return True
    every = all(span.text.endswith(("：", ":")) for span in spans)
    below = grid.begins(grid.next_row(max(span.area.bottom for span in spans)))
    return every and len(spans) > 2 and len(spans) >= len(below)


def _is_title_alone(grid: Grid, span: Span) -> bool:
    """One text over the only column is no heading when it reads as a title, or nothing else stands in the sheet."""
    return bool(_TITLE.search(span.text) or re.match(r"附[件表]", span.text)) or len(grid.content.texts) == 1


def _last_row(grid: Grid, first: int) -> tuple[int, dict[int, list[Span]]]:
    """Headings go on while one of them covers several rows, or stands over several names below.

    Returns the last row, and groups whose cell was not merged over the names below it.
    """
    last, groups = first, {}
    while last < first + MOST_HEADER_ROWS - 1:
        spans = grid.row(last)
        tall = max((span.area.bottom for span in spans), default=last)
        if tall > last:
            last = tall
            continue
        below_row = grid.next_row(last)
        loose = _loose_groups(spans, grid.begins(below_row))
        if not _is_second_level(spans, loose, grid.begins(below_row)):
            break
        groups[last] = [group for group in loose if _several_under(group, grid.begins(below_row))]
        last = below_row
    return last, groups


def _loose_groups(spans: list[Span], below: list[Span]) -> list[Span]:
    """A name with blank cells on its right, as if merged with them up to the next name (跨列居中).

    A name stands below its own cell; remarks at the end of the table (备注) belong to no group.
    """
    own = {span.area.left for span in below}
    end_of_table = max((span.area.right for span in below), default=0) + 1
    if len(spans) > 1 and below and _REMARK.fullmatch(below[-1].text):
        end_of_table = below[-1].area.left
    ends = [span.area.left for span in spans[1:]] + [end_of_table]
    return [
        Span(span.text, replace(span.area, right=end - 1))
        for span, end in zip(spans, ends, strict=False)
        if not span.is_wide and end > span.area.right + 1 and span.area.left in own
    ]


def _several_under(group: Span, below: list[Span]) -> bool:
    return sum(_stands_under(span, group) for span in below) > 1


def _stands_under(span: Span, group: Span) -> bool:
    return group.area.left <= span.area.left and span.area.right <= group.area.right


def _is_second_level(spans: list[Span], loose: list[Span], below: list[Span]) -> bool:
    """Whether the row below names parts of these headings, and is not a sample already filled in."""
    if not below or _looks_filled(below) or _NOTE.match(below[0].text):
        return False
    groups = [span for span in spans if span.is_wide] + loose
    covered = {column for span in spans for column in range(span.area.left, span.area.right + 1)}
    divided = any(_several_under(group, below) for group in groups)
    under = [any(_stands_under(span, group) for group in groups) for span in below]
    free = [span.area.left not in covered for span in below]
    if divided:
        return all(a or b for a, b in zip(under, free, strict=True))
    return all(free) and min(covered) < below[0].area.left and below[-1].area.right < max(covered)


def _looks_filled(spans: list[Span]) -> bool:
    return any(_SAMPLE.search(span.text) for span in spans)


def _data_row(grid: Grid, last: int) -> int:
    """Rows to fill begin below the headings, below hidden rows there and below a row that numbers the columns."""
    row = last + 1
    while row in grid.content.hidden_rows:
        row += 1
    spans = grid.begins(row)
    if len(spans) > 2 and all(_NUMBER.fullmatch(span.text) for span in spans) and _counts_up(spans):
        row += 1
    return row


def _counts_up(spans: list[Span]) -> bool:
    """1、2、3… or 甲、乙、1、2…: numbers of columns, which no row of data looks like."""
    numbers = [int(span.text) for span in spans if span.text.isdigit() and len(span.text) < 4]
    return (
        len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (0, 1, 2)
    )


def find_notes(grid: Grid, headings: Headings) -> int | None:
    """The first row below the headings that is a note, a total or a line to sign (注、合计、填表人)."""
    columns = max(headings.paths) - min(headings.paths) + 1
    for number in range(headings.data_row, ROWS_READ + 1):
        spans = grid.begins(number)
        if not spans:
            continue
        if _NOTE.match(spans[0].text) or (len(spans) == 1 and spans[0].is_wide and _covered(spans) * 2 > columns):
            return number
    return None


def filled_rows(grid: Grid, headings: Headings, notes: int | None) -> int:
    """Rows between the headings and the notes in which something stands beside a number (已有的数据行)."""
    rows = range(headings.data_row, notes or ROWS_READ + 1)
    return sum(any(not _NUMBER.fullmatch(span.text) for span in grid.begins(row)) for row in rows)
