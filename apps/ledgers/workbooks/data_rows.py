"""Whether a row is data and no heading (数据行识别): a sheet that begins with persons must not make fields of them.

A number of a person is enough. Anything milder counts only where no cell is plainly a heading, for years, months,
steps of money and codes in a row are names of columns too.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date

Row = Mapping[int, str]

_OF_A_PERSON = re.compile(
    r"\d{15,19}[Xx]?|\d(\.\d+)?[Ee]\+?1[4-8]|\d{3,6}[*＊xX]{4,}[\dXx]{0,4}|9[1-3]\d{6}[0-9A-Z]{10}"
    r"|(\+?86)?1[3-9]\d[\d*]{4}\d{4}|0\d{2,3}[-—]?\d{7,8}"
)
_BETWEEN = re.compile(r"[/、,，;；]")
_HEADING = re.compile(
    r"姓名|名称|序号|编号|编码|代码|号码|证号|账号|户号|性别|年龄|民族|电话|手机|地址|住址|住所|类别|类型|项目|指标|日期|时间|年月|备注"
    r"|情况|金额|面积|数量|人数|户数|合计|小计|总计|单位|部门|村居|街镇|乡镇|村名|户主|关系|内容|等级|状态|是否"
)
_DAY = re.compile(r"((?:18|19|20)\d\d)[-./年]?(\d{1,2})[-./月]?(\d{1,2})日?( \d{1,2}:\d\d(:\d\d)?)?")
_NUMBER = re.compile(r"[-+¥￥]?\d[\d,]*(\.\d+)?")
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖董袁潘蒋蔡杜叶魏苏吕丁沈"
    "姚卢姜崔钟谭陆范汪廖贾韦傅邹熊孟秦邱侯薛雷龚施顾"
)
_PERSON = re.compile(rf"[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}")
_CHOICES = (
    re.compile("[男女]性?"),
    re.compile("[是否]"),
    re.compile("[有无]"),
    re.compile("(汉|回|满|壮|苗|彝|藏)族?"),
)


def is_of_a_person(text: str) -> bool:
    """An ID number, a bank card or a telephone, also half hidden; no heading is one."""
    plain = re.sub(r"[\s'’`]|(?<=\d)-(?=\d{4}(\D|$))", "", text)
    return any(_OF_A_PERSON.fullmatch(part) for part in _BETWEEN.split(plain))


def looks_like_data(row: Row, below: Row) -> bool:
    """Whether a row is one of data; `below` is the next row, which resembles it when both are."""
    if any(map(is_of_a_person, row.values())) or _numbers_rows(row, below):
        return True
    if any(len(text) <= 15 and _HEADING.search(text) for text in row.values()):
        return False
    return _stand_alone(row, _day) or _stand_alone(row, _amount) or _repeats(_PERSON, row, below) or _chosen(row, below)


def _numbers_rows(row: Row, below: Row) -> bool:
    """1 and below it 2, each before something else: serial numbers of rows."""
    first = min(row)
    here, there = row[first], below.get(first, "")
    beside = [text for column, text in row.items() if column != first]
    numbered = here.isdecimal() and there.isdecimal() and len(here) < 6 and int(there) == int(here) + 1
    return numbered and any(not _NUMBER.fullmatch(text) for text in beside)


def _day(text: str) -> int | None:
    found = _DAY.fullmatch(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).toordinal() if found else None
    except ValueError:
        return None


def _amount(text: str) -> float | None:
    """A number that is no year; 8 digits may be a day."""
    if not _NUMBER.fullmatch(text) or re.fullmatch(r"(19|20)\d\d", text) or _day(text):
        return None
    return float(re.sub(r"[^\d.\-]", "", text))


def _stand_alone(row: Row, measure: Callable[[str], float | None]) -> bool:
    """Whether there are days or numbers, other than in equal steps (1 2 3, 60 70 80), which name columns."""
    found = [value for text in row.values() if (value := measure(text)) is not None]
    steps = {after - before for before, after in zip(found, found[1:], strict=False)}
    in_steps = len(steps) == 1 and max(steps) > 0 and (len(found) > 2 or steps == {1})
    return bool(found) and not in_steps


def _repeats(kind: re.Pattern[str], row: Row, below: Row) -> bool:
    return any(kind.fullmatch(text) and kind.fullmatch(below.get(column, "")) for column, text in row.items())


def _chosen(row: Row, below: Row) -> bool:
    """男 over 女, or 男 beside 汉族; 男 beside 女 are names of two columns."""
    once = [kind for kind in _CHOICES if sum(bool(kind.fullmatch(text)) for text in row.values()) == 1]
    return len(once) > 1 or any(_repeats(kind, row, below) for kind in once)
