"""联系电话: mobile 11 digits, Shanghai line 8 digits with or without 021."""

import re

from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import compact

_MOBILE = re.compile(r"1[3-9]\d{9}")
_LINE = re.compile(r"(?:021)?([2-9]\d{7})")


def parse(text: str) -> str:
    """The number in one form: `13800000000` or `021-59690000`; +86, 0086, spaces and hyphens are dropped."""
    number = re.sub(r"[-—－()]", "", compact(text))
    number = re.sub(r"^(\+86|0086)", "", number)
    if not number:
        return ""
    if not number.isascii() or not number.isdigit():
        raise ValueProblem("电话只能有数字，多个号码请只填一个常用的")
    if _MOBILE.fullmatch(number):
        return number
    line = _LINE.fullmatch(number)
    if line:
        return f"021-{line[1]}"
    if number.startswith("1"):
        if len(number) == 11:
            raise ValueProblem("手机号第二位应为 3 至 9，请核对")
        raise ValueProblem(f"手机号应为 11 位，现为 {len(number)} 位")
    raise ValueProblem("电话应为 11 位手机号，或 8 位固定电话（可加区号 021）")
