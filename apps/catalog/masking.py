"""脱敏: what is shown of a value to people who may not see it whole (project rules after common practice).

Pure functions over what `apps.catalog.values` gave. They hide more, never less, when a value is not of the expected
form. A masked value tells nothing to sort or search by: selectors refuse both.
"""

import re
from collections.abc import Callable

from apps.catalog.values.phone import SEPARATOR

HIDDEN = "****"
PRESENT = "有"

_SURNAMES = (
    "欧阳上官司马诸葛东方皇甫尉迟公孙慕容令狐宇文长孙司徒夏侯轩辕端木南宫呼延独孤司空太史申屠钟离淳于澹台公冶濮阳赫连"
    "闻人闾丘仲孙单于鲜于百里东郭西门公羊宗政拓跋万俟第五纳兰"
)
COMPOUND_SURNAMES = frozenset(_SURNAMES[place : place + 2] for place in range(0, len(_SURNAMES), 2))

_FIRST_NUMBER = re.compile(r"[0-9]|[〇一二三四五六七八九十百]+(?=[组队号弄室幢座])")
_PLACE = re.compile(r".*[村路街道镇乡]")
_CITY_AND_DISTRICT = re.compile(r"^(?:上海市|上海)?崇明[区县]")
_PARTS_SHOWN = frozenset("弄号室组队幢座单元层楼支临-#")


def name(value: str) -> str:
    """`张*`, `张**`, `欧阳**`: the surname; a long name shows no more than two stars."""
    if not value:
        return ""
    shown = value[:2] if value[:2] in COMPOUND_SURNAMES and len(value) > 2 else value[:1]
    return shown + "*" * min(max(len(value) - len(shown), 1), 2)


def id_number(value: str, *, strict: bool = False, birth_date_shown: bool = False) -> str:
    """`310230********7926`; strict `310***********7926`; beside a birth date the last four are hidden too."""
    if not value:
        return ""
    if len(value) < 15:
        return HIDDEN
    first = 3 if strict else 6
    last = 0 if birth_date_shown else 4
    return value[:first] + "*" * (len(value) - first - last) + value[len(value) - last :]


def phone(value: str) -> str:
    """`138****8053`, `021-5969****`; several numbers each."""
    return SEPARATOR.join(_one_phone(number) for number in value.split(SEPARATOR)) if value else ""


def _one_phone(number: str) -> str:
    if re.fullmatch(r"1\d{10}", number, re.ASCII):
        return f"{number[:3]}{HIDDEN}{number[7:]}"
    line = re.fullmatch(r"(0\d{2,3}-\d{4})(\d{3,4})", number, re.ASCII)
    if line:
        return line[1] + "*" * len(line[2])
    return number[:3] + HIDDEN if len(number) > 6 else HIDDEN


def address(value: str) -> str:
    """`城桥镇人民路****弄**号****室`, `三星镇沈镇村*组****号`: to the village or road, city and district left out."""
    text = _CITY_AND_DISTRICT.sub("", value)
    number = _FIRST_NUMBER.search(text)
    before = text[: number.start()] if number else text
    place = _PLACE.match(before)
    shown = place[0] if place else ""
    return shown + "".join(letter if letter in _PARTS_SHOWN else "*" for letter in text[len(shown) :])


def bank_account(value: str) -> str:
    """`**** **** **** 4458`."""
    if not value:
        return ""
    return f"**** **** **** {value[-4:]}" if len(value) >= 12 else "**** **** ****"


def birth_date(value: str) -> str:
    """`1962年`."""
    return f"{value[:4]}年" if re.match(r"\d{4}-", value) else HIDDEN if value else ""


def age(value: str) -> str:
    """`60–64岁`: five years; from 90 on one band, few people are so old."""
    if not value.isascii() or not value.isdigit():
        return HIDDEN if value else ""
    low = int(value) // 5 * 5
    return f"{low}–{low + 4}岁" if low < 90 else "90岁以上"


def money(value: str) -> str:
    """`1000–1999元`: the first digit of the amount."""
    if not value:
        return ""
    if not re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII):
        return HIDDEN
    whole = value.partition(".")[0].lstrip("0")
    if len(whole) < 3:
        return "100元以下"
    step = 10 ** (len(whole) - 1)
    low = int(whole) // step * step
    return f"{low}–{low + step - 1}元"


def presence(value: str) -> str:
    """`有`: that something is recorded, not what."""
    return PRESENT if value else ""


def hidden(value: str) -> str:
    return HIDDEN if value else ""


_BY_ELEMENT: dict[str, Callable[[str], str]] = {
    "person.bank_account": bank_account,
    "disability.cert_no": lambda value: id_number(value[:18], birth_date_shown=True),
    "person.age": age,
}
_BY_PROPERTY: dict[str, Callable[[str], str]] = {
    "birth_date": birth_date,
    "age": age,
    "head_age": age,
    "health_status": presence,
}
_BY_SUBJECT: dict[str, Callable[[str], str]] = {
    "health": presence,
    "mental": presence,
    "disability": presence,
    "vaccine": presence,
    "screening": presence,
}
_BY_TYPE: dict[str, Callable[[str], str]] = {
    "name": name,
    "id_number": id_number,
    "phone": phone,
    "address": address,
    "money": money,
}


def mask(data_type: str, value: str, *, element: str = "") -> str:
    """What is shown of a cell's display text: by the element where it has a rule of its own, else by the data type.

    A type without a part that may be shown is hidden whole; the empty value stays empty.
    """
    subject, _, fact = element.partition(".")
    rule = _BY_ELEMENT.get(element) or _BY_PROPERTY.get(fact)
    if rule is None and data_type not in _BY_TYPE:
        rule = _BY_SUBJECT.get(subject)
    return (rule or _BY_TYPE.get(data_type, hidden))(value)
