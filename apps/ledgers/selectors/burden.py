"""Burden figures (减负数据): what was asked, merged away, pre-filled and typed, counted from rows."""

from dataclasses import dataclass

from django.db import connection

from apps.accounts.models import User
from apps.organizations.models import Area, AreaLevel


@dataclass(frozen=True)
class BurdenFigures:
    """Items, a field of a form times a row being one (项). `asked == merged + prefilled + typed + empty`."""

    name: str
    asked: int
    merged: int
    prefilled: int
    typed: int
    empty: int

    @property
    def prefill_rate(self) -> int | None:
        """Share of the cells still asked that were pre-filled, in per cent; None when none is asked."""
        cells = self.asked - self.merged
        return round(100 * self.prefilled / cells) if cells else None


_VILLAGE = """
    SELECT coalesce(sum(f.rows * used.fields), 0), coalesce(sum(f.rows * (used.fields - 1)), 0),
           coalesce(sum(f.prefilled), 0), coalesce(sum(f.typed), 0), coalesce(sum(f.empty), 0)
    FROM ledgers_sheetfigure f
    JOIN ledgers_collectionsheet s ON s.id = f.sheet_id
    CROSS JOIN LATERAL (
        SELECT greatest(count(*), 1) AS fields FROM ledgers_formfield WHERE column_id = f.column_id
    ) used
    WHERE s.area_code LIKE %(area)s || '%%'
"""

# A column several departments ask for counts for each of them; asked once, it is merged away for all but the first.
_DEPARTMENTS = """
    SELECT d.short_name, sum(f.rows), sum(f.rows) FILTER (WHERE field.turn > 1),
           sum(f.prefilled) FILTER (WHERE field.turn = 1), sum(f.typed) FILTER (WHERE field.turn = 1),
           sum(f.empty) FILTER (WHERE field.turn = 1)
    FROM (SELECT column_id, template_id, row_number() OVER (PARTITION BY column_id ORDER BY id) AS turn
          FROM ledgers_formfield WHERE column_id IS NOT NULL) field
    JOIN ledgers_formtemplate t ON t.id = field.template_id
    JOIN organizations_department d ON d.code = t.department_id
    JOIN ledgers_sheetfigure f ON f.column_id = field.column_id
    JOIN ledgers_collectionsheet s ON s.id = f.sheet_id
    WHERE s.area_code LIKE %(area)s || '%%'
    GROUP BY d.code, d.short_name ORDER BY sum(f.rows) DESC
"""


def burden_of_area(*, area_code: str, name: str) -> BurdenFigures:
    """Figures of a village, a town or the district."""
    with connection.cursor() as cursor:
        cursor.execute(_VILLAGE, {"area": area_code})
        return BurdenFigures(name, *(int(value) for value in cursor.fetchone()))


def burden_by_department(*, area_code: str) -> list[BurdenFigures]:
    """Figures of each department within an area, the heaviest first."""
    with connection.cursor() as cursor:
        cursor.execute(_DEPARTMENTS, {"area": area_code})
        return [BurdenFigures(row[0], *(int(value or 0) for value in row[1:])) for row in cursor.fetchall()]


def burden_area(user: User) -> tuple[str, str]:
    """Code and name of the area whose figures the person sees: their own, or the district for a department."""
    area = user.posting.area if user.posting else None
    area = area or Area.objects.get(level=AreaLevel.DISTRICT)
    return area.code, area.short_name
