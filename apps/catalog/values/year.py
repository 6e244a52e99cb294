"""年份: four digits."""

import re

from apps.catalog.values import chinese_numerals
from apps.catalog.values.dates import EARLIEST_YEAR, LATEST_YEAR
from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import compact


def parse(text: str) -> str:
    """`2026`; `2026年`, `2026年度`, `二〇二六年` and Excel's `2026.0` are understood."""
    written = re.sub(r"(年度|年|\.0)$", "", compact(text).strip("'"))
    if not written:
        if compact(text):
            raise ValueProblem("应为四位年份，例：2026")
        return ""
    counted = chinese_numerals.read(written)
    written = written if counted is None else str(counted)
    if not re.fullmatch(r"\d{4}", written, re.ASCII):
        raise ValueProblem("应为四位年份，例：2026")
    if not EARLIEST_YEAR <= int(written) <= LATEST_YEAR:
        raise ValueProblem(f"年份应在 {EARLIEST_YEAR} 至 {LATEST_YEAR} 之间")
    return written
