"""公民身份号码 (GB 11643-1999): 6 digits area, 8 birth, 3 order (odd is male), 1 check.

The residence permits of people from Hong Kong, Macau (81, 82) and Taiwan (83) and the foreigner's permanent residence
card since 2023 (9) are numbered the same way; that card before 2023 has 3 letters and 12 digits.
"""

import re
from datetime import date

from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import compact, refuse_masked, refuse_rounded

NAME = "身份证号"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
EARLIEST_YEAR = 1850
# GB/T 2260: an area that has another code today, or is abolished (310230 崇明县), stays valid; a province must exist.
PROVINCES = frozenset(
    f"{first}{second}"
    for first, seconds in enumerate(("12345", "123", "1234567", "123456", "01234", "12345", "1", "123"), start=1)
    for second in seconds
)
KINDS = {"81": "港澳居民居住证", "82": "港澳居民居住证", "83": "台湾居民居住证"}

_LIKE_X = str.maketrans({"x": "X", "×": "X", "✕": "X", "Х": "X", "х": "X", "Χ": "X", "χ": "X"})
_QUOTES = "'’‘`＇"
_FOREIGN_BEFORE_2023 = re.compile(r"[A-Z]{3}\d{4}(\d{2})(\d{2})(\d{2})\d{2}", re.ASCII)
_PLACEHOLDERS = re.compile(r"(\d)\1{14,17}|0?123456789\d*", re.ASCII)
_NONE = frozenset({"无", "没有", "不详", "不清楚", "未知", "暂无", "未办", "遗失"})


def check_digit(first_17: str) -> str:
    """The 18th character: weights of the standard, sum modulo 11."""
    return CHECKS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first_17, strict=True)) % 11]


def parse(text: str, *, today: date | None = None) -> str:
    """The 18-character number; a 15-digit one is converted, full-width digits, spaces, `'` and `x` are repaired."""
    refuse_masked(text, NAME)
    written = compact(text).strip(_QUOTES)
    refuse_rounded(written, NAME)
    number = written.translate(_LIKE_X).upper().removesuffix(".0")
    if not number:
        return ""
    if _FOREIGN_BEFORE_2023.fullmatch(number):
        birth_date_of(number, today=today)
        return number
    if number in _NONE or not re.fullmatch(r"\d+X?", number, re.ASCII):
        raise ValueProblem("身份证号只能有数字，末位可以是 X；没有证件请留空")
    if _PLACEHOLDERS.fullmatch(number):
        raise ValueProblem("这串数字不是身份证号；没有证件请留空")
    if len(number) == 15 and number.isdigit():
        century = "18" if number[12:] in {"996", "997", "998", "999"} else "19"
        number = number[:6] + century + number[6:]
        number += check_digit(number)
    if len(number) != 18:
        raise ValueProblem(f"身份证号应为 18 位，现为 {len(number)} 位")
    if number[:2] not in PROVINCES and number[0] != "9":
        raise ValueProblem(f"身份证号前两位 {number[:2]} 不是省级代码，请核对")
    birth_date_of(number, today=today)
    expected = check_digit(number[:17])
    if number[17] != expected:
        raise ValueProblem(f"身份证号校验码不符，按前 17 位末位应为 {expected}，请核对")
    return number


def birth_date_of(number: str, *, today: date | None = None) -> date:
    """Birth date in a number that `parse` gave; the card of before 2023 has two digits of the year, read as past."""
    today = today or date.today()
    foreign = _FOREIGN_BEFORE_2023.fullmatch(number)
    if foreign:
        century = "20" if int(foreign[1]) <= today.year % 100 else "19"
        written = century + "".join(foreign.groups())
    else:
        written = number[6:14]
    try:
        birth = date(int(written[:4]), int(written[4:6]), int(written[6:8]))
    except ValueError as error:
        raise ValueProblem(f"{NAME}中的出生日期 {written} 不存在，请核对") from error
    if birth.year < EARLIEST_YEAR:
        raise ValueProblem(f"{NAME}中的出生日期 {written} 太早，请核对")
    if birth > today:
        raise ValueProblem(f"{NAME}中的出生日期 {written} 晚于今天，请核对")
    return birth


def sex_of(number: str) -> str:
    """Code of GB/T 2261.1: 1 male, 2 female; empty for the foreigner's card of before 2023, which does not tell."""
    if len(number) != 18:
        return ""
    return "1" if int(number[16]) % 2 else "2"


def kind_of(number: str) -> str:
    """Which document carries a number that `parse` gave (证件名称)."""
    if len(number) != 18 or number[0] == "9":
        return "外国人永久居留身份证"
    return KINDS.get(number[:2], "居民身份证")
