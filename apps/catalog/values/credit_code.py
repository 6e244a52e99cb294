"""统一社会信用代码 (GB 32100-2015): 2 characters registrar and kind, 6 area, 9 organisation code, 1 check."""

import re

from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import compact, one_dash, refuse_masked, refuse_rounded

NAME = "统一社会信用代码"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I O S V Z
WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714-1997
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_character(first_17: str) -> str:
    total = sum(weight * ALPHABET.index(letter) for weight, letter in zip(WEIGHTS, first_17, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check(first_8: str) -> str:
    """Check character of an organisation code: 11 − sum mod 11, written X for 10 and 0 for 11."""
    weighted = zip(ORGANISATION_WEIGHTS, first_8, strict=True)
    remainder = 11 - sum(weight * _ORGANISATION_ALPHABET.index(letter) for weight, letter in weighted) % 11
    return {10: "X", 11: "0"}.get(remainder, str(remainder))


def parse(text: str) -> str:
    """The 18 characters in upper case; the check character and the organisation code inside are checked."""
    code = _written(text, NAME)
    if not code:
        return ""
    if len(code) != 18:
        raise ValueProblem(f"{NAME}应为 18 位，现为 {len(code)} 位")
    wrong = [letter for letter in code if letter not in ALPHABET]
    if wrong:
        raise ValueProblem(f"{NAME}不会有“{wrong[0]}”，只用数字和除 I、O、S、V、Z 外的大写字母")
    expected = check_character(code[:17])
    if code[17] != expected:
        raise ValueProblem(f"{NAME}校验码不符，按前 17 位末位应为 {expected}，请核对")
    organisation = organisation_check(code[8:16])
    if code[16] != organisation:
        raise ValueProblem(f"{NAME}第 17 位应为 {organisation}，请核对")
    return code


def parse_organisation(text: str) -> str:
    """组织机构代码 (GB 11714-1997): 9 characters without the hyphen."""
    code = _written(text, "组织机构代码").replace("-", "")
    if not code:
        return ""
    if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", code):
        raise ValueProblem("组织机构代码应为 8 位数字或大写字母加 1 位校验码")
    expected = organisation_check(code[:8])
    if code[8] != expected:
        raise ValueProblem(f"组织机构代码校验码不符，末位应为 {expected}，请核对")
    return code


def _written(text: str, name: str) -> str:
    refuse_masked(text, name)
    code = one_dash(compact(text)).strip("'").upper()
    refuse_rounded(code, name)
    return code
