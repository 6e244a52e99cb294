"""公民身份号码 (GB 11643-1999): 6 digits area, 8 birth, 3 order (odd is male), 1 check."""

from datetime import date

from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import compact

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


def check_digit(first_17: str) -> str:
    return CHECKS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first_17, strict=True)) % 11]


def parse(text: str) -> str:
    """The 18-character number; a 15-digit one is converted, full-width digits, spaces, `'` and `x` are repaired."""
    number = compact(text).lstrip("'").upper()
    if not number:
        return ""
    if not number.isascii() or not number.rstrip("X").isdigit() or number[:-1].count("X"):
        raise ValueProblem("身份证号只能有数字，末位可以是 X")
    if len(number) == 15 and number.isdigit():
        century = "18" if number[12:] in {"996", "997", "998", "999"} else "19"
        number = number[:6] + century + number[6:]
        number += check_digit(number)
    if len(number) != 18:
        raise ValueProblem(f"身份证号应为 18 位，现为 {len(number)} 位")
    birth_date_of(number)
    expected = check_digit(number[:17])
    if number[17] != expected:
        raise ValueProblem(f"身份证号校验码不符，按前 17 位末位应为 {expected}，请核对")
    return number


def birth_date_of(number: str) -> date:
    """Birth date in an 18-character number."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise ValueProblem(f"身份证号中的出生日期 {number[6:14]} 不存在，请核对") from error


def sex_of(number: str) -> str:
    """Code of GB/T 2261.1: 1 male, 2 female."""
    return "1" if int(number[16]) % 2 else "2"
