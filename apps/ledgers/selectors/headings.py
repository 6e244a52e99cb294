"""The headings of a form as its Excel shows them (表头): groups over their fields, equal neighbours merged."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.ledgers.models import FormField

SEPARATOR = " / "  # between the groups above a field, as apps.ledgers.workbooks joins them


@dataclass(frozen=True)
class Heading:
    """一个表头格: the field it names, or the group that spans several."""

    text: str
    columns: int
    rows: int
    field: FormField | None = None


def heading_rows(fields: Sequence[FormField]) -> list[list[Heading]]:
    """The header rows, top to bottom; a field with fewer groups above it than others reaches further up."""
    groups = [tuple(filter(None, field.group.split(SEPARATOR))) for field in fields]
    depth = max(map(len, groups), default=0) + 1
    rows: list[list[Heading]] = [[] for _ in range(depth)]
    for level, row in enumerate(rows):
        start = 0
        while start < len(fields):
            above = groups[start]
            if level == len(above):
                row.append(Heading(fields[start].name, 1, depth - level, fields[start]))
            end = start + 1
            if level < len(above):
                while end < len(fields) and groups[end][: level + 1] == above[: level + 1]:
                    end += 1
                row.append(Heading(above[level], end - start, 1))
            start = end
    return rows
