"""Prefilling (预填): one sheet a village, one row a subject, every cell from data already held. 工作方案二(四)三."""

from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.collection.selectors import PERSON_SOURCE, POPULATIONS, REGISTER_FIELDS
from apps.core.background import enqueue
from apps.ledgers.models import MergePlan, PlanColumn, PrefillRun
from apps.organizations.models import Area

VILLAGES_A_CHUNK = 20  # one transaction: what a killed worker has to do again at most


def start_prefill(*, plan: MergePlan) -> PrefillRun:
    """Ask a worker to make and fill the sheets of a plan (下发并预填)."""
    run = PrefillRun.objects.create(plan=plan, area_prefix=plan.area_id)
    enqueue(run)
    return run


def run_prefill(*, run_id: int) -> None:
    """Fill unanswered elements from data already held (预填); typed answers stay.

    Goes village by village in chunks and remembers where it is, so a second run, or one taken over from a worker that
    died, continues there and adds nothing twice.
    """
    run = PrefillRun.claim(run_id)
    if run is None:
        return
    plan = MergePlan.objects.get(pk=run.plan_id)
    villages = list(Area.objects.villages().within(run.area_prefix).order_by("code").values_list("code", flat=True))
    waiting = [code for code in villages if code > run.done_until]
    done = len(villages) - len(waiting)
    run.beat(done, total=len(villages))
    for start in range(0, len(waiting), VILLAGES_A_CHUNK):
        chunk = waiting[start : start + VILLAGES_A_CHUNK]
        with transaction.atomic():
            fill_villages(plan=plan, villages=chunk, as_of=timezone.localdate())
            PrefillRun.objects.filter(pk=run.pk).update(done_until=chunk[-1])
        done += len(chunk)
        run.beat(done)
    run.finish()


def fill_villages(*, plan: MergePlan, villages: list[str], as_of: date) -> None:
    """Make the sheets of these villages with their rows and figures, in three statements; rows that exist stay."""
    columns = list(PlanColumn.objects.filter(plan=plan))
    parameters = {
        "plan": plan.pk,
        "villages": villages,
        "as_of": as_of,
        "required": [column.key for column in columns if column.is_required],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SHEETS, parameters)
        cells, cell_parameters = cells_expression(columns)
        cursor.execute(_rows(cells, POPULATIONS[plan.population].sql), parameters | cell_parameters)
    refresh_figures(plan_id=plan.pk, villages=villages)


def refresh_figures(*, plan_id: int, villages: list[str]) -> None:
    """Count anew how the cells of these villages' sheets came to be (减负数据)."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"plan": plan_id, "villages": villages})


def cells_expression(columns: list[PlanColumn]) -> tuple[str, dict[str, Any]]:
    """SQL that builds a row's cells from the register, and its parameters; empty cells are left out.

    A column of the register gives its value; what has no column comes from the person's facts. Where the register
    knows a source that says otherwise, the cell is in conflict and carries both.
    """
    pairs, parameters = [], {}
    for number, column in enumerate(columns):
        name = f"key{number}"
        parameters[name] = column.key
        fact = f"p.facts->%({name})s"
        field = REGISTER_FIELDS.get(column.key)
        value = f"nullif({field.sql}, '')" if field else f"nullif({fact}->>'v', '')"
        source = "'derived'" if field and field.is_derived else f"coalesce({fact}->>'s', p.source)"
        day = "%(as_of)s::date::text" if field and field.is_derived else f"coalesce({fact}->>'d', p.as_of::text)"
        pairs.append(
            f"%({name})s::text, CASE WHEN {value} IS NOT NULL THEN jsonb_build_object('v', {value}, 's', {source}, "
            f"'d', {day}, 't', CASE WHEN {fact} ? 'alt' THEN 'conflict' ELSE 'prefilled' END, 'alt', {fact}->'alt') END"
        )
    groups = [pairs[start : start + 40] for start in range(0, len(pairs), 40)]  # a function takes 100 arguments
    objects = [f"jsonb_build_object({', '.join(group)})" for group in groups] or ["'{}'::jsonb"]
    return f"jsonb_strip_nulls({' || '.join(objects)})", parameters


_SHEETS = """
    INSERT INTO ledgers_collectionsheet (plan_id, area_id, area_code, status)
    SELECT %(plan)s, village, village, 'open' FROM unnest(%(villages)s::text[]) AS village
    ON CONFLICT (plan_id, area_id) DO NOTHING
"""


def _rows(cells: str, population: str) -> str:
    return f"""
    INSERT INTO ledgers_sheetrow (sheet_id, ordinal, person_id, title, subtitle, cells, version,
                                  gaps, errors, conflicts, unconfirmed)
    SELECT sheet.id, row_number() OVER (PARTITION BY sheet.id ORDER BY a.normalised, p.id), p.id, p.name,
           coalesce(a.text, ''), made.cells, 1,
           (SELECT count(*) FROM unnest(%(required)s::text[]) AS needed WHERE NOT made.cells ? needed), 0,
           (SELECT count(*) FROM jsonb_each(made.cells) AS cell WHERE cell.value ? 'alt'),
           (SELECT count(*) FROM jsonb_each(made.cells) AS cell WHERE NOT cell.value ? 'alt')
    FROM ledgers_collectionsheet sheet, {PERSON_SOURCE}
    CROSS JOIN LATERAL (SELECT {cells} AS cells) AS made
    WHERE sheet.plan_id = %(plan)s AND sheet.area_code = ANY(%(villages)s) AND v.code = sheet.area_code
      AND p.area_code ~>=~ sheet.area_code AND p.area_code ~<~ (sheet.area_code || ':') AND ({population})
    ON CONFLICT (sheet_id, person_id) WHERE person_id IS NOT NULL DO NOTHING
    """


_FIGURES = """
    INSERT INTO ledgers_sheetfigure (sheet_id, column_id, rows, prefilled, typed, empty)
    SELECT sheet.id, col.id, count(r.id),
           count(*) FILTER (WHERE r.cells->col.key->>'t' IN ('prefilled', 'confirmed', 'conflict')),
           count(*) FILTER (WHERE r.cells->col.key->>'t' = 'typed'),
           count(r.id) FILTER (WHERE NOT r.cells ? col.key)
    FROM ledgers_collectionsheet sheet
    JOIN ledgers_plancolumn col ON col.plan_id = sheet.plan_id
    LEFT JOIN ledgers_sheetrow r ON r.sheet_id = sheet.id
    WHERE sheet.plan_id = %(plan)s AND sheet.area_code = ANY(%(villages)s)
    GROUP BY sheet.id, col.id
    ON CONFLICT (sheet_id, column_id) DO UPDATE
    SET rows = excluded.rows, prefilled = excluded.prefilled, typed = excluded.typed, empty = excluded.empty
"""
