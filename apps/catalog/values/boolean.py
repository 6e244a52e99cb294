"""是否: 是 or 否, as ticks, digits and words."""

from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import compact

YES, NO = "是", "否"
_YES = frozenset({*"是有对已√✓✔☑1YT", "YES", "TRUE", "是的", "存在", "符合", "参加", "享受", "已参加", "已享受"})
_NO = frozenset({*"否无不未非×X✗✘✕0NF", "NO", "FALSE", "不是", "没有", "不存在", "不符合", "未参加", "未享受"})


def parse(text: str) -> str:
    """`是` or `否`."""
    written = compact(text).upper().removesuffix(".0")
    if not written:
        return ""
    if written in _YES:
        return YES
    if written in _NO:
        return NO
    raise ValueProblem("应为“是”或“否”")
