"""Words that pages share (页面用语)."""

from datetime import date
from typing import NamedTuple

from django import template
from django.utils import timezone

register = template.Library()
SOON = 3  # 天


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
