"""编号: certificate numbers, bank accounts, plates, postcodes; letters in upper case, no blanks."""

import re

from apps.catalog.values import id_number
from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import compact, one_dash, refuse_masked, refuse_rounded


def parse(text: str) -> str:
    """A number of any make: half-width, upper case, without blanks; a masked or rounded one is refused."""
    refuse_masked(text, "编号")
    number = one_dash(compact(text)).strip("'").upper()
    refuse_rounded(number, "编号")
    return re.sub(r"^(\d+)\.0$", r"\1", number, flags=re.ASCII)


def parse_bank_account(text: str) -> str:
    """A card or account number of 8 to 24 digits; a card of 16 or 19 digits that fails Luhn's check is refused."""
    number = parse(text).replace("-", "")
    if not number:
        return ""
    if not re.fullmatch(r"\d{8,24}", number, re.ASCII):
        raise ValueProblem("银行账号应为 8 至 24 位数字")
    if len(number) in (16, 19) and number.startswith("62") and not _passes_luhn(number):
        raise ValueProblem("银行卡号校验不符，请对照卡片核对")
    return number


def parse_disability_certificate(text: str) -> str:
    """残疾人证号: the holder's ID number, 1 digit category, 1 digit level, and B with a digit when issued again."""
    number = parse(text)
    if not number:
        return ""
    found = re.fullmatch(r"(\d{17}[\dX])([1-7])([1-4])(B[1-9])?", number, re.ASCII)
    if not found:
        raise ValueProblem("残疾人证号应为 18 位身份证号加 2 位类别和等级")
    id_number.parse(found[1])
    return number


def parse_postcode(text: str) -> str:
    number = parse(text)
    if number and not re.fullmatch(r"\d{6}", number, re.ASCII):
        raise ValueProblem("邮编应为 6 位数字，例：202150")
    return number


def _passes_luhn(number: str) -> bool:
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
