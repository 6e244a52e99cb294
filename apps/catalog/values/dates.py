"""日期: the ways dates are written in village lists; a month alone keeps its precision and never becomes day 01."""

import re
from datetime import date, timedelta

from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import compact

EXCEL_DAY_ZERO = date(1899, 12, 30)
_DIGITS = {digit: str(number) for number, digit in enumerate("〇一二三四五六七八九")} | {"○": "0", "零": "0"}
_PARTS = re.compile(r"(\d{4}|\d{2})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?(?:\d{1,2}:\d{2}(?::\d{2})?)?", re.ASCII)


def _chinese_number(text: str) -> str:
    """二十八 → 28, 十一 → 11, 二〇二三 → 2023."""
    if "十" in text:
        tens, ones = text.split("十", 1)
        return f"{_DIGITS.get(tens, '1')}{_DIGITS.get(ones, '0')}"
    return "".join(_DIGITS[letter] for letter in text)


def _to_digits(text: str) -> str:
    return re.sub(rf"[十{''.join(_DIGITS)}]+", lambda found: _chinese_number(found[0]), text)


def parse(text: str) -> str:
    """`2023-11-28`, or `2023-11` when only the month is known. Excel's day numbers are understood."""
    written = compact(text)
    if not written:
        return ""
    if written.count("十") > 2:
        raise ValueProblem("日期看不懂，例：2026-11-05")
    written = _to_digits(written)
    compact_form = re.fullmatch(r"((?:18|19|20)\d{2})(\d{2})(\d{2})?", written, re.ASCII)
    if re.fullmatch(r"[0-9]{5}", written):
        return (EXCEL_DAY_ZERO + timedelta(days=int(written))).isoformat()
    found = compact_form or _PARTS.fullmatch(written)
    if not found:
        raise ValueProblem("日期看不懂，例：2026-11-05")
    year, month, day = found.groups()
    if len(year) == 2:
        year = f"20{year}" if int(year) <= 29 else f"19{year}"
    if not day:
        if not 1 <= int(month) <= 12:
            raise ValueProblem("月份应为 1 至 12，例：2026-11")
        return f"{year}-{int(month):02d}"
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError as error:
        raise ValueProblem("日期不存在，例：2026-11-05") from error
