"""Reading a template (读取模板): the sheet to fill, its columns as fields, and what the clerk should know about it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from apps.ledgers.workbooks.filling import fill_template
from apps.ledgers.workbooks.headings import Grid, Headings, Span, filled_rows, find_headings, find_notes, no_headings
from apps.ledgers.workbooks.layout import TemplateColumn, TemplateLayout
from apps.ledgers.workbooks.package import Package, SheetPart
from apps.ledgers.workbooks.references import read_area
from apps.ledgers.workbooks.refusals import WorkbookRefused, unreadable
from apps.ledgers.workbooks.sheet import ROWS_READ, SheetContent, one_line, read_sheet

MOST_FIELDS = 200
MOST_NAME_LETTERS = 200
MOST_OPTIONS = 200
MOST_SHEETS = 20
MOST_REPEATS_SAID = 5
SERIAL_NAMES = {"序号", "编号序号", "序列号", "顺序号", "行号", "no", "no.", "№"}
_BESIDE_THE_FORM = re.compile(r"说明|须知|指引|字典|代码|选项|下拉|数据源|参考|示例|样例|样表|范例|目录|封面")
_MARKS = re.compile(r"[（(【\[]\s*必填项?\s*[】\])）]|^[*＊★※]+|[*＊★※]+$")
_BRACKET = re.compile(r"[（(]([^（()）]{2,200})[)）]\s*$")
_CODED = re.compile(r"[0-9０-９]+\s*[.、:：\-．]?\s*([^0-9０-９/、,，;；\s]+)")
_CHOOSE = re.compile(r"(?:可选项?|可选值|选项|选填|从下列选择|请选择|填写)[为是]?\s*[：:]\s*(.+)$")
_UNIT = re.compile(
    r"万?元|[年月日天周时分秒]|小时|[人户亩件次个套间台辆只名项条]|平方米|平米|㎡|米|公里|公斤|斤|吨|岁|%|[省市区县镇乡村组号弄室幢栋]"
    r"|街道|乡镇|村居|居委|详细到.*|如.*|例.*|等|[A-Za-z]{1,4}|\d+"
)
_PERSON = re.compile(r"姓名|名字|户主|父亲|母亲|配偶|丈夫|妻子|法人|法定代表人|监护人|负责人|联系人|经办人|申请人")


@dataclass(frozen=True)
class TemplateWorkbook:
    """读好的模板: a workbook as it was uploaded and its layout; there is none of a file that cannot be read."""

    filename: str
    content: bytes
    layout: TemplateLayout

    @classmethod
    def read(cls, content: bytes, filename: str) -> "TemplateWorkbook":
        return cls(filename, content, read_template(content, filename))


def read_template(data: bytes, filename: str) -> TemplateLayout:
    """Layout of the first sheet that is a form; WorkbookRefused with a sentence when there is none.

    What is read is filled once, without rows: a template that could not be given back is not taken.
    """
    package = Package(data, filename)
    layout = _choose(package)
    try:
        fill_template(data, layout, [])
    except ValueError as error:
        raise unreadable() from error
    return layout


def _choose(package: Package) -> TemplateLayout:
    """Forms of three columns and more come before smaller ones, and those before instructions and code tables."""
    visible = [sheet for sheet in package.sheets if sheet.is_visible]
    if not visible:
        raise WorkbookRefused("工作簿里没有可见的工作表", "请取消隐藏要填报的工作表，保存后再上传")
    found: list[tuple[int, TemplateLayout]] = []
    refusal: WorkbookRefused | None = None
    filled: list[SheetPart] = []
    for sheet in visible[:MOST_SHEETS]:
        content = read_sheet(package, sheet)
        if not content.texts:
            continue
        filled.append(sheet)
        try:
            layout = _layout(package, content)
        except WorkbookRefused as reason:
            refusal = refusal or reason
            continue
        rank = 2 * bool(_BESIDE_THE_FORM.search(sheet.name)) + (len(layout.columns) < 3)
        found.append((rank, layout))
        if rank == 0:
            break
    if not found:
        raise refusal or _nothing_written(package)
    if refusal and min(rank for rank, _ in found) >= 2:
        raise refusal
    layout = min(found, key=lambda each: each[0])[1]
    others = [sheet.name for sheet in visible if sheet.name != layout.sheet_name]
    return layout.with_warnings(_other_sheets(layout, others))


def _nothing_written(package: Package) -> WorkbookRefused:
    if any(name.startswith("xl/media/") for name in package.names):
        return WorkbookRefused("工作表里只有图片，没有文字表头", "请把图片里的表头录成单元格文字，再上传")
    if any(name.startswith("xl/charts/") for name in package.names):
        return WorkbookRefused("工作表里只有图表，没有文字表头", "请上传要填报的表，表头写在单元格里")
    return WorkbookRefused("工作表是空的，没有表头", "请在第一行写上各列的名称，再上传")


def _other_sheets(layout: TemplateLayout, others: list[str]) -> Iterator[str]:
    if others:
        names = "”“".join(one_line(name) for name in others[:5])
        yield f"只读取了工作表“{layout.sheet_name}”，没有读“{names}”；那里若另有要填的表，请单独存成一个文件上传"


def _layout(package: Package, content: SheetContent) -> TemplateLayout:
    grid = Grid(content)
    headings = find_headings(grid)
    _check_formulas(content, headings)
    columns, serial, skipped = _columns(package, content, headings)
    if not columns:
        raise no_headings()
    if len(columns) > MOST_FIELDS:
        raise WorkbookRefused(
            f"表头有 {len(columns)} 列，超过 {MOST_FIELDS} 列的上限", "请拆成几份台账，或删去不用的列后再上传"
        )
    groups = {index: path[-2].area.left if len(path) > 1 else 0 for index, path in headings.paths.items()}
    _check_repeats(columns, groups)
    notes = find_notes(grid, headings)
    return TemplateLayout(
        sheet_name=content.part.name,
        title=_title(grid, headings.first),
        header_first=headings.first,
        header_last=headings.data_row - 1,
        footer_row=notes,
        columns=tuple(columns),
        serial_column=serial,
        warnings=tuple(_warnings(grid, headings, notes, columns, skipped)),
    )


def _title(grid: Grid, first: int) -> str:
    """The longest of what stands above the headings, fill-in lines and instructions left out."""
    above = {span.text: None for number in range(1, first) for span in grid.row(number)}
    titles = [text for text in above if "：" not in text and ":" not in text and 2 <= len(text) <= 60]
    named = [text for text in titles if not re.match(r"附件|附表|表\s*\d", text)]
    return next(iter(named or titles), "")


def _check_formulas(content: SheetContent, headings: Headings) -> None:
    """A heading made by a formula is read as the value last worked out; without one it cannot be."""
    for row, column in sorted(content.uncalculated):
        if headings.first <= row < headings.data_row and (row, column) not in content.texts:
            raise WorkbookRefused(
                f"表头 {get_column_letter(column)}{row} 是公式，没有算好的结果", "请把表头改成文字，保存后再上传"
            )


def _columns(
    package: Package, content: SheetContent, headings: Headings
) -> tuple[list[TemplateColumn], int | None, list[int]]:
    """The fields, the column of serial numbers, and hidden columns that were passed over."""
    choices = _choices(package, content, headings.data_row)
    notes = _comments(package, content)
    columns: list[TemplateColumn] = []
    serial, skipped = None, []
    for index, path in _by_name(headings.paths):
        *groups, (name, required) = [_without_marks(span.text) for span in path]
        if content.is_hidden(index):
            skipped.append(index)
            continue
        if re.sub(r"\s", "", name).lower() in SERIAL_NAMES and serial is None and not columns:
            serial = index
            continue
        if len(name) > MOST_NAME_LETTERS:
            where = get_column_letter(index)
            raise WorkbookRefused(f"{where} 列的名称有 {len(name)} 个字", "表头只写名称，说明请写成批注或放在表下")
        note = notes.get((path[-1].area.top, path[-1].area.left), "")
        hint, bracketed = _bracket(name)
        columns.append(
            TemplateColumn(
                column_index=index,
                name=name,
                group=" / ".join(dict.fromkeys(group for group, _ in groups if group != name))[:200],
                comment=" ".join(filter(None, [hint, note]))[:500],
                options=tuple(option[:100] for option in (choices.get(index) or bracketed or _options_said(note))),
                required=required or bool(re.search(r"必填", note)),
            )
        )
    return columns, serial, skipped


def _by_name(paths: dict[int, list[Span]]) -> Iterator[tuple[int, list[Span]]]:
    """Columns with their paths; a name merged over several columns is one field, in the first of them."""
    before: list[Span] = []
    for index, path in paths.items():
        if path != before:
            yield index, path
        before = path


def _without_marks(text: str) -> tuple[str, bool]:
    """The name without * and （必填）, and whether it carried one."""
    plain = text.strip(" ：:")
    name = _MARKS.sub("", plain).strip(" ：:")
    return name or text, bool(name) and name != plain


def _bracket(name: str) -> tuple[str, list[str]]:
    """What the brackets of a heading say, and the options among it: 性别（1男2女）, 是否独居（是/否）."""
    found = _BRACKET.search(name)
    if not found:
        return "", []
    inside = found[1].strip()
    return inside, _options_in(inside)


def _options_said(note: str) -> list[str]:
    found = _CHOOSE.search(note)
    return _options_in(found[1].strip("。. ")) if found else []


def _options_in(words: str) -> list[str]:
    """1男2女, 是/否, 低保、特困、其他; not 元/月 nor 省、市、区, which say how to write."""
    coded = _CODED.findall(words)
    if len(coded) >= 2 and not any(_UNIT.fullmatch(option) for option in coded):
        return coded[:MOST_OPTIONS]
    for separator in ("/", "|", "｜", "；", ";", "、"):
        parts = [part.strip() for part in words.split(separator)]
        if len(parts) >= 2:
            fits = all(0 < len(part) <= 12 for part in parts) and len(set(parts)) == len(parts)
            return parts[:MOST_OPTIONS] if fits and not any(_UNIT.fullmatch(part) for part in parts) else []
    return []


def _choices(package: Package, content: SheetContent, data_row: int) -> dict[int, list[str]]:
    """Options of the columns that let one choose from a list in the first rows to fill."""
    choices: dict[int, list[str]] = {}
    for rule in content.rules:
        areas = [area for area in rule.areas if area.top <= data_row + 1 and area.bottom >= data_row]
        columns = [
            column for area in areas for column in range(area.left, min(area.right, area.left + MOST_FIELDS) + 1)
        ]
        options = _listed(package, content, rule.formula) if columns else []
        if options:
            choices |= dict.fromkeys(columns, options)
    return choices


def _listed(package: Package, content: SheetContent, formula: str) -> list[str]:
    """The options behind `"男,女"`, a range, or a defined name; none when they cannot be read."""
    formula = formula.strip().removeprefix("=")
    if formula.startswith('"'):
        return _distinct(one_line(option) for option in re.split("[,，]", formula.strip('"')))
    reference = package.defined_names.get(formula, formula)
    title, _, place = reference.rpartition("!")
    try:
        area = read_area(place)
    except ValueError:
        return []
    if area.cells > MOST_OPTIONS or area.bottom > ROWS_READ:
        return []
    title = title.strip("'").replace("''", "'")
    source = next((sheet for sheet in package.sheets if sheet.name == title), None)
    texts = read_sheet(package, source).texts if source and source != content.part else content.texts
    places = [(row, column) for row in range(area.top, area.bottom + 1) for column in range(area.left, area.right + 1)]
    return _distinct(texts.get(each, "") for each in places)


def _distinct(options: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, options)))[:MOST_OPTIONS]


def _comments(package: Package, content: SheetContent) -> dict[tuple[int, int], str]:
    """批注 by the place they are pinned to, without the author's name that Excel writes first."""
    parts = [each.target for each in package.relations(content.part.part).values() if each.kind == "comments"]
    found: dict[tuple[int, int], str] = {}
    for part in parts[:1]:
        if part in package.names:
            _read_comments(package, part, found)
    return {place: one_line(re.sub(r"^[^\n：:]{1,20}[：:]\s*\n", "", text)) for place, text in found.items()}


def _read_comments(package: Package, part: str, found: dict[tuple[int, int], str]) -> None:
    from_cell: list[tuple[int, int]] = []
    inside: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        inside.append(tag)
        if tag == "comment":
            area = read_area(attributes.get("ref", ""))
            from_cell[:] = [(area.top, area.left)]

    def text(words: str) -> None:
        if inside and inside[-1] == "t" and from_cell and "rPh" not in inside:
            found[from_cell[0]] = (found.get(from_cell[0], "") + words)[:1000]

    def end(tag: str) -> None:
        inside.pop()

    package.walk(part, start, end, text)


def _check_repeats(columns: list[TemplateColumn], groups: dict[int, int]) -> None:
    """Two columns of one name are told apart by a person named between them (父亲、身份证号、母亲、身份证号)."""
    seen: dict[tuple[int, str], int] = {}
    repeats: dict[tuple[int, str], list[int]] = {}
    for position, column in enumerate(columns):
        key = (groups[column.column_index], column.name)
        before = seen.get(key)
        between = columns[before + 1 : position] if before is not None else []
        if before is not None and not any(_PERSON.search(other.name) for other in between):
            repeats.setdefault(key, [columns[before].column_index]).append(column.column_index)
        seen[key] = position
    if repeats:
        said = [f"{_together(at)}都叫“{name[:30]}”" for (_, name), at in list(repeats.items())[:MOST_REPEATS_SAID]]
        more = f"，同名的一共有 {len(repeats)} 组" if len(repeats) > MOST_REPEATS_SAID else ""
        raise WorkbookRefused("，".join(said) + more, "请改成不同的名称，例如写明是谁的，或删去重复的一列")


def _together(columns: list[int]) -> str:
    """B 列和 D 列; of more than two, B、D、F 列."""
    if len(columns) == 2:
        return " 列和 ".join(map(get_column_letter, columns)) + " 列"
    return f"{_letters(columns)} 列"


def _warnings(
    grid: Grid, headings: Headings, notes: int | None, columns: list[TemplateColumn], skipped: list[int]
) -> Iterator[str]:
    if skipped:
        yield f"隐藏的 {_letters(skipped)} 列没有作为填报项；要填的话，请取消隐藏后重新上传"
    repeated = [name for name, times in Counter((each.group, each.name) for each in columns).items() if times > 1]
    if repeated:
        names = "”“".join(name for _, name in repeated[:3])
        yield f"“{names}”有几列同名，系统按前后顺序判断是谁的，请在识别后核对"
    rows = range(headings.data_row, notes or ROWS_READ)
    named = {column for span in _all_spans(headings) for column in range(span.area.left, span.area.right + 1)}
    last = max(named)
    unnamed = {span.area.left for row in rows for span in grid.begins(row) if span.area.left not in named}
    if inner := sorted(column for column in unnamed if column < last):
        yield f"{_letters(inner)} 列有内容但没有名称，没有作为填报项；要填的话，请写上名称后重新上传"
    if (count := filled_rows(grid, headings, notes)) > 3:
        many = f"{count} 行" if grid.content.last_row <= ROWS_READ else f"{ROWS_READ} 多行"
        yield f"模板里已有 {many}数据，系统只读表头，取回台账时这些行会被替换"


def _all_spans(headings: Headings) -> Iterator[Span]:
    for path in headings.paths.values():
        yield from path


def _letters(columns: list[int]) -> str:
    return "、".join(get_column_letter(column) for column in columns[:8]) + ("等" if len(columns) > 8 else "")
