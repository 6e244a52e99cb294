"""日期: the ways dates are written in village lists; a month alone keeps its precision and never becomes day 01."""

import re
from datetime import date, timedelta

from apps.catalog.values import chinese_numerals
from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import compact, half_width, one_dash

EXAMPLE = "例：2026-11-05"
EXCEL_DAY_ZERO = date(1899, 12, 30)
EXCEL_LAST = 109_575  # 2199-12-31
EARLIEST_YEAR, LATEST_YEAR = 1850, 2199
AHEAD = 10  # a year of two digits lies at most this many years ahead; otherwise it belongs to the last century
WORDS = {
    **dict.fromkeys(("长期", "长期有效", "永久", "永久有效"), "长期"),
    **dict.fromkeys(("至今", "迄今"), "至今"),
    **dict.fromkeys(("不详", "不清楚", "未知", "不明", "记不清"), "不详"),
}

_NUMERALS = re.compile(rf"[{chinese_numerals.LETTERS}]+(?=[年月日号])")
_CLOCK = re.compile(r"[\sT]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?\s*$", re.ASCII)
_IN_A_ROW = re.compile(r"(\d{4})(\d{2})(\d{2})?", re.ASCII)
_PARTS = re.compile(r"(\d{4}|\d{2})([-/.年])(\d{1,2})(?:[-/.月](\d{1,2})[日号]?|月)?", re.ASCII)
_LUNAR = re.compile(r"农历|阴历|旧历|正月|腊月|冬月|闰|初[一二三四五六七八九十]")
_BEGINNING = re.compile(
    r"^(?:\d{4}([./])\d{1,2}\1\d{1,2}-+|\d{8}-+|\d{4}[-./年]\d{1,2}[-./月]\d{1,2}日?[至到~]+)(?=.)", re.ASCII
)
_EXCEL = re.compile(r"(\d{5,6})(?:\.\d+)?", re.ASCII)


def parse(text: str, *, today: date | None = None) -> str:
    """`2023-11-28`, or `2023-11` when only the month is known. Excel's day numbers are understood."""
    written = one_dash(compact(_CLOCK.sub("", half_width(text)))).strip("'")
    if not written:
        return ""
    if _LUNAR.search(written):
        raise ValueProblem(f"农历日期请换算成公历后填写，{EXAMPLE}")
    if written in WORDS:
        raise ValueProblem(f"这里应填日期，不知道请留空，{EXAMPLE}")
    written = _NUMERALS.sub(_numeral, written.replace("元月", "1月"))
    in_a_row = _IN_A_ROW.fullmatch(written)
    if in_a_row:
        return _checked(in_a_row[1], in_a_row[2], in_a_row[3])
    excel = _EXCEL.fullmatch(written)
    if excel and len(excel[1]) == 5:
        return _from_excel(int(excel[1]))
    parts = _PARTS.fullmatch(written)
    if not parts:
        raise ValueProblem(f"日期看不懂，{EXAMPLE}")
    year, mark, month, day = parts.groups()
    if not day and mark == "." and len(month) == 1 and month == "1":
        raise ValueProblem(f"“{written}”分不清是 1 月还是 10 月，请写成 {year}-01 或 {year}-10，{EXAMPLE}")
    if len(year) == 2:
        if not day and mark != "年":
            raise ValueProblem(f"日期请写四位年份，{EXAMPLE}")
        year = _century(int(year), today or date.today()) + year
    return _checked(year, month, day)


def parse_term(text: str, *, today: date | None = None) -> str:
    """A date, or one of the words that stand where a term is asked: `长期`, `至今`, `不详`."""
    word = WORDS.get(compact(text))
    return word or parse(text, today=today)


def parse_end(text: str, *, today: date | None = None) -> str:
    """The end of a term, also where its beginning stands before it: `2010.01.01-2030.01.01`, `2010年1月1日至长期`."""
    end = _BEGINNING.sub("", one_dash(compact(text)))
    return parse_term(end, today=today)


def _numeral(found: re.Match[str]) -> str:
    """二〇二三 → 2023, 廿八 → 28; a year keeps the digits it was written with (六二 → 62)."""
    number = chinese_numerals.read(found[0])
    return found[0] if number is None else f"{number:02d}"


def _century(year: int, today: date) -> str:
    latest = today.year + AHEAD
    return str(latest // 100 - (year > latest % 100))


def _from_excel(days: int) -> str:
    if not 366 <= days <= EXCEL_LAST:
        raise ValueProblem(f"日期看不懂，{EXAMPLE}")
    return (EXCEL_DAY_ZERO + timedelta(days=days)).isoformat()


def _checked(year: str, month: str, day: str | None) -> str:
    """ISO text; day 00 of a register means that only the month is known."""
    if not EARLIEST_YEAR <= int(year) <= LATEST_YEAR:
        raise ValueProblem(f"年份应在 {EARLIEST_YEAR} 至 {LATEST_YEAR} 之间，{EXAMPLE}")
    if not 1 <= int(month) <= 12:
        raise ValueProblem(f"月份应为 1 至 12，{EXAMPLE}")
    if not day or int(day) == 0:
        return f"{year}-{int(month):02d}"
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError as error:
        raise ValueProblem(f"日期不存在，{EXAMPLE}") from error
