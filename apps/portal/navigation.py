"""The menu a post sees (菜单): only what it may use, in at most two levels."""

from dataclasses import dataclass

from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.roles import Permission


@dataclass(frozen=True)
class Entry:
    """菜单项; `permission` is what it takes to see it, None for everybody with a post."""

    label: str
    url_name: str
    icon: str
    permission: Permission | None = None
    short: str = ""


GROUPS: list[tuple[str, list[Entry]]] = [
    ("", [Entry("工作台", "portal:workbench", "home")]),
    (
        "填报",
        [
            Entry("台账填报", "ledgers:sheets", "table", Permission.SHEET_VIEW, "填报"),
            Entry("减负数据", "ledgers:burden", "chart-line", Permission.BURDEN_VIEW, "减负"),
        ],
    ),
    (
        "台账",
        [
            Entry("台账模板", "ledgers:templates", "file-spreadsheet", Permission.TEMPLATE_MANAGE, "模板"),
            Entry("对应审核", "ledgers:review", "list-check", Permission.MATCH_REVIEW, "审核"),
            Entry("要素合并", "ledgers:plans", "arrows-join", None, "合并"),
        ],
    ),
]
TABS = 5  # 手机底部最多五个
MERGERS = (Permission.MERGE_MANAGE, Permission.TEMPLATE_MANAGE)


def may_see(user: User, entry: Entry) -> bool:
    if entry.url_name == "ledgers:plans":
        return any(user.can(permission) for permission in MERGERS)
    return entry.permission is None or user.can(entry.permission)


def _current(url: str, path: str) -> str:
    """What aria-current says of an entry: this very page, or one that belongs to it (当前菜单)."""
    if path == url:
        return "page"
    return "true" if url != "/" and path.startswith(url) else ""


def menu(user: User, path: str) -> list[dict]:
    """Groups of entries with where they lead and which one is open."""
    groups = []
    for label, entries in GROUPS:
        shown = [
            {
                "label": entry.label,
                "short": entry.short or entry.label,
                "url": (url := reverse(entry.url_name)),
                "icon": entry.icon,
                "current": _current(url, path),
            }
            for entry in entries
            if may_see(user, entry)
        ]
        if shown:
            groups.append({"label": label, "entries": shown})
    return groups


def tabs(entries: list[dict], path: str) -> list[dict]:
    """What stands at the foot of a phone (底部菜单): the first entries, and one's own page, which holds the rest."""
    me = reverse("portal:me")
    own = {"label": "我的", "short": "我的", "url": me, "icon": "user", "current": _current(me, path)}
    return entries[: TABS - 1] + [own]
