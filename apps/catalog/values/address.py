"""地址, lightly: how it is typed, not what it means. Which dwelling it is belongs to the register of addresses."""

from apps.catalog.values.text import compact, half_width, one_dash, refuse_masked

_KEPT = str.maketrans({",": "，", ";": "；"})


def parse(text: str) -> str:
    """Half-width, without blanks, one kind of dash and bracket; 弄, 号, 室 and abbreviations stay as written."""
    refuse_masked(text, "地址")
    return one_dash(compact(half_width(text))).strip("'").translate(_KEPT)
