"""整数、数值、金额: thousands separators, full-width digits, 万元; one plain decimal form without trailing zeros."""

import re
from decimal import ROUND_HALF_UP, Decimal

from apps.catalog.values import chinese_numerals
from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import compact, one_dash

MOST_DIGITS = 15
_FEN = Decimal("0.01")
_PLAIN = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d*)?(?:[eE][+-]?\d{1,2})?|[+-]?\.\d+", re.ASCII)
_COUNTED = re.compile(r"(个月|平方米|周岁|[人个名户间层岁月年次套辆天张块条])$")
_CURRENCY = re.compile(r"^(?:人民币|RMB|¥|￥)|(?:元整|元|圆|块钱)$")
_SCALES = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}


def parse_integer(text: str) -> str:
    """A count, not below 0: `1234`; `1,234`, `3人`, `三` and Excel's `3.0` are understood."""
    written = _written(text)
    if not written:
        return ""
    written = _COUNTED.sub("", written)
    counted = chinese_numerals.read(written)
    number = Decimal(counted) if counted is not None else _decimal(written, "应为整数，例：3")
    if number != number.to_integral_value():
        raise ValueProblem(f"应为整数，现为 {_plain(number)}")
    if number < 0:
        raise ValueProblem("应为不小于 0 的整数")
    return _plain(number)


def parse_number(text: str) -> str:
    """A measure: `86.5`; the unit belongs to the column and is not written."""
    written = _written(text)
    if not written:
        return ""
    return _plain(_decimal(re.sub(r"(平方米|平米|㎡|m²|m2)$", "", written), "应为数字，不写单位，例：86.5"))


def parse_money(text: str) -> str:
    """Yuan to the fen: `1234.5`; `1,234.50元`, `¥1234.5` and `1.2万元` are understood."""
    written = _written(text)
    if not written:
        return ""
    amount = _CURRENCY.sub("", _CURRENCY.sub("", written))
    scale = _SCALES.get(amount[-1:], Decimal(1))
    if scale != 1:
        amount = amount[:-1]
    number = _decimal(amount, "金额应为数字，以元为单位，例：1280.50")
    return _plain((number * scale).quantize(_FEN, ROUND_HALF_UP))


def _written(text: str) -> str:
    return one_dash(compact(text)).strip("'")


def _decimal(written: str, sentence: str) -> Decimal:
    if not _PLAIN.fullmatch(written):
        raise ValueProblem(sentence)
    number = Decimal(written.replace(",", ""))
    too_far = bool(number) and not -MOST_DIGITS <= number.adjusted() < MOST_DIGITS
    if too_far or len(number.as_tuple().digits) > 2 * MOST_DIGITS:
        raise ValueProblem(f"数字太长，最多 {MOST_DIGITS} 位")
    return number


def _plain(number: Decimal) -> str:
    """`1200`, not `1.2E+3` or `1200.00`; zero has no sign."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
