"""Words that pages share (页面用语)."""

from datetime import date
from typing import NamedTuple

from django import template
from django.utils import timezone

register = template.Library()
SOON = 3  # 天
# The colour a status stands in (状态的颜色), whatever it is the status of; one that is not here stays grey.
KINDS = {
    **dict.fromkeys(["in_use", "active", "submitted", "accepted", "auto", "confirmed"], "ok"),
    **dict.fromkeys(["draft", "review", "proposed"], "warn"),
    **dict.fromkeys(["matching", "ready", "doing", "open"], "brand"),
    **dict.fromkeys(["returned"], "err"),
}


class Deadline(NamedTuple):
    """截止: the words, and the kind of chip they stand in (brand, warn, err)."""

    text: str
    kind: str


@register.simple_tag
def deadline(day: date) -> Deadline:
    """还剩 7 天 · 今天截止 · 已超期 2 天."""
    left = (day - timezone.localdate()).days
    if left < 0:
        return Deadline(f"已超期 {-left} 天", "err")
    if left == 0:
        return Deadline("今天截止", "err")
    return Deadline(f"还剩 {left} 天", "warn" if left <= SOON else "brand")


@register.filter
def chip_kind(status: str) -> str:
    """The kind of chip a status stands in (ok, warn, err, brand), or nothing for a grey one."""
    return KINDS.get(status, "")


@register.filter
def number(value: object) -> object:
    """2016 reads 2,016; what is no whole number stays as it is."""
    return f"{value:,}" if isinstance(value, int) else value
