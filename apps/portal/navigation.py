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
MERGERS = (Permission.MERGE_MANAGE, Permission.TEMPLATE_MANAGE)


def may_see(user: User, entry: Entry) -> bool:
    if entry.url_name == "ledgers:plans":
        return any(user.can(permission) for permission in MERGERS)
    return entry.permission is None or user.can(entry.permission)


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
                "active": path == url or (url != "/" and path.startswith(url)),
            }
            for entry in entries
            if may_see(user, entry)
        ]
        if shown:
            groups.append({"label": label, "entries": shown})
    return groups
