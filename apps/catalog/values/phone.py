"""联系电话: mobile 11 digits, line with its area code (Shanghai's 021 may be left out), or several of them."""

import re

from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import compact, one_dash, refuse_masked, refuse_rounded

NAME = "电话"
SEPARATOR = "、"

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_SHANGHAI_LINE = re.compile(r"(?:021)?([2-9]\d{7})", re.ASCII)
_OTHER_LINE = re.compile(r"(0(?:10|2[02-9]))([2-9]\d{7})|(0[3-9]\d{2})([2-9]\d{6,7})", re.ASCII)
_SERVICE_LINE = re.compile(r"[48]00\d{7}", re.ASCII)
_ABROAD = re.compile(r"\+(?!86)[1-9]\d{6,14}", re.ASCII)
_EXTENSION = re.compile(r"(?:转|分机|#)\d{1,6}$", re.ASCII)
_SEVERAL = re.compile(r"[、,;/|；，]+")
_CHINA = re.compile(r"^(?:\+86|0086|86(?=1\d{10}$))", re.ASCII)
_NONE = frozenset({"无", "没有", "不详", "不清楚", "未知", "暂无", "空号"})


def parse(text: str) -> str:
    """`13800000000`, `021-59690000`, `0513-82345678`, `+85291234567`; several are joined by `、`, each once.

    +86, 0086, spaces, hyphens, brackets and extensions (转123) are dropped.
    """
    refuse_masked(text, NAME)
    written = one_dash(compact(text)).strip("'")
    refuse_rounded(written, NAME)
    parts = [part for part in _SEVERAL.split(written) if part]
    return SEPARATOR.join(dict.fromkeys(_parse_one(part) for part in parts))


def numbers_of(parsed: str) -> list[str]:
    """The single numbers of what `parse` gave."""
    return parsed.split(SEPARATOR) if parsed else []


def _parse_one(written: str) -> str:
    if written in _NONE:
        raise ValueProblem("电话只能有数字；没有电话请留空")
    number = re.sub(r"[-()]", "", _EXTENSION.sub("", written)).removesuffix(".0")
    number = _CHINA.sub("", number)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if number.startswith("+"):
        if _ABROAD.fullmatch(number):
            return number
        raise ValueProblem("境外电话应为 + 加国家或地区代码和号码，例：+85291234567")
    if not re.fullmatch(r"\d+", number, re.ASCII):
        raise ValueProblem("电话只能有数字，几个号码之间用顿号隔开")
    number = re.sub(r"^0(?=1[3-9]\d{9}$)", "", number, flags=re.ASCII)
    if _MOBILE.fullmatch(number) or _SERVICE_LINE.fullmatch(number):
        return number
    if line := _SHANGHAI_LINE.fullmatch(number):
        return f"021-{line[1]}"
    if line := _OTHER_LINE.fullmatch(number):
        return f"{line[1] or line[3]}-{line[2] or line[4]}"
    if number.startswith("1"):
        if len(number) == 11:
            raise ValueProblem("手机号第二位应为 3 至 9，请核对")
        raise ValueProblem(f"手机号应为 11 位，现为 {len(number)} 位")
    raise ValueProblem("电话应为 11 位手机号，或固定电话（外地的加区号），例：021-59690000")
