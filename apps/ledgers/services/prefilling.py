"""Prefilling (预填): one sheet a village, one row a subject, every cell from data already held. 工作方案二(四)三."""

from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.collection.selectors import MANUAL, PERSON_SOURCE, POPULATIONS, REGISTER_FIELDS
from apps.core.background import enqueue
from apps.ledgers.models import CollectionSheet, MergePlan, PlanColumn, PrefillRun, SheetRow, SheetStatus
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
        if not run.beat(done):
            return  # taken over by another worker
    run.finish()


def fill_villages(*, plan: MergePlan, villages: list[str], as_of: date) -> None:
    """Make the sheets of these villages with their rows and figures, in three statements; rows that exist stay."""
    columns = list(PlanColumn.objects.filter(plan=plan))
    parameters: dict[str, Any] = {
        "plan": plan.pk,
        "villages": villages,
        "as_of": as_of,
        "required": [column.key for column in columns if column.is_required],
    }
    with connection.cursor() as cursor:
        cursor.execute(_sheets(plan), parameters)
        cells, cell_parameters = cells_expression(columns)
        cursor.execute(_rows(cells, _population(plan)), parameters | cell_parameters)
    refresh_figures(plan_id=plan.pk, villages=villages)


def add_people(*, sheet: CollectionSheet, people: list[int]) -> None:
    """Give these people of the village a row each, behind the rows there are (逐人添加); who has one keeps it."""
    columns = list(PlanColumn.objects.filter(plan=sheet.plan_id))
    cells, parameters = cells_expression(columns)
    parameters |= {
        "plan": sheet.plan_id,
        "villages": [sheet.area_code],
        "as_of": timezone.localdate(),
        "required": [column.key for column in columns if column.is_required],
        "people": people,
    }
    with connection.cursor() as cursor:
        cursor.execute(_rows(cells, "p.id = ANY(%(people)s)"), parameters)
    refresh_figures(plan_id=sheet.plan_id, villages=[sheet.area_code])


def refresh_figures(*, plan_id: int, villages: list[str]) -> None:
    """Count anew how the cells of these villages' sheets came to be (减负数据).

    The figures are held first: a save that moved them is then counted, and one under way moves what was counted here.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"plan": plan_id, "villages": villages})
        cursor.execute(_FIGURES, {"plan": plan_id, "villages": villages})


def move_figures(*, sheet_id: int, moves: dict[int, list[int]]) -> None:
    """Move the figures of some columns by what one save changed: column → [prefilled, typed, empty]."""
    if not moves:
        return
    prefilled, typed, empty = (list(each) for each in zip(*moves.values(), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVED,
            {"sheet": sheet_id, "columns": list(moves), "prefilled": prefilled, "typed": typed, "empty": empty},
        )


def refresh_open_sheets(*, people: list[int], as_of: date) -> int:
    """Bring what is prefilled about these people up to date in every sheet still open (其他台账跟上底册).

    Only cells that nobody has touched follow: prefilled ones, sources that differ, and blanks that never held anything.
    A cell that changed carries the row's new version, so whoever has the old one before them is told of both.
    Returns how many rows changed.
    """
    rows = SheetRow.objects.filter(person__in=people, sheet__status__in=[SheetStatus.OPEN, SheetStatus.RETURNED])
    locked = rows.select_for_update(of=("self",)).order_by("pk").values_list("sheet__plan", "sheet__area_code", "pk")
    ids: dict[int, list[int]] = {}
    villages: dict[int, set[str]] = {}
    for plan, village, row in locked:
        ids.setdefault(plan, []).append(row)
        villages.setdefault(plan, set()).add(village)
    changed = 0
    for plan, wanted in ids.items():
        columns = list(PlanColumn.objects.filter(plan=plan))
        cells, parameters = cells_expression(columns)
        parameters |= {
            "rows": wanted,
            "as_of": as_of,
            "required": [column.key for column in columns if column.is_required],
        }
        with connection.cursor() as cursor:
            cursor.execute(_fresh(cells), parameters)
            changed += cursor.rowcount
        refresh_figures(plan_id=plan, villages=sorted(villages[plan]))
    return changed


def cells_expression(columns: list[PlanColumn]) -> tuple[str, dict[str, Any]]:
    """SQL that builds a row's cells from the register, and its parameters; empty cells are left out.

    A column of the register gives its value; what has no column comes from the person's facts. Where the register
    knows a source that says otherwise, the cell is in conflict and carries both. Each fact is looked up once.
    """
    known, pairs, parameters = [], [], {}
    for number, column in enumerate(columns):
        key, fact, value = f"%(key{number})s", f"fact{number}", f"value{number}"
        parameters[f"key{number}"] = column.key
        known.append(f"p.facts->{key} AS {fact}")
        state = f"jsonb_build_object('t', CASE WHEN {fact} ? 'alt' THEN 'conflict' ELSE 'prefilled' END)"
        field = REGISTER_FIELDS.get(column.key)
        if field is None:
            cell = f"CASE WHEN {fact}->>'v' <> '' THEN {fact} || {state} END"
        else:
            known.append(f"nullif({field.sql}, '') AS {value}")
            source, day = ("'derived'", "%(as_of)s::date") if field.is_derived else ("p.source", "p.as_of")
            plain = f"jsonb_build_object('v', {value}, 's', {source}, 'd', {day}, 't', 'prefilled')"
            said = f"{plain} || ({fact} - 'v') || {state}"
            cell = f"CASE WHEN {value} IS NULL THEN NULL WHEN {fact} IS NULL THEN {plain} ELSE {said} END"
        pairs.append(f"{key}::text, {cell}")
    groups = [pairs[start : start + 40] for start in range(0, len(pairs), 40)]  # a function takes 100 arguments
    objects = [f"jsonb_build_object({', '.join(group)})" for group in groups] or ["'{}'::jsonb"]
    looked_up = f"SELECT {', '.join(known) or '1'} OFFSET 0"  # kept apart, or each use would look up anew
    return f"(SELECT jsonb_strip_nulls({' || '.join(objects)}) FROM ({looked_up}) AS known)", parameters


def _sheets(plan: MergePlan) -> str:
    """A village gets a sheet when it has somebody to put on it, or names its rows itself (没有对象的村居不用填)."""
    somebody = (
        f"EXISTS (SELECT FROM collection_person p WHERE left(p.area_code, 12) = village AND ({_population(plan)}))"
    )
    return f"""
    INSERT INTO ledgers_collectionsheet (plan_id, area_id, area_code, status)
    SELECT %(plan)s, village, village, 'open' FROM unnest(%(villages)s::text[]) AS village
    WHERE {"TRUE" if plan.population == MANUAL else somebody}
    ON CONFLICT (plan_id, area_id) DO NOTHING
    """


def _population(plan: MergePlan) -> str:
    return POPULATIONS[plan.population].sql


def _rows(cells: str, population: str) -> str:
    """Village by village, so that the time grows with the villages asked for and not with the register."""
    return f"""
    INSERT INTO ledgers_sheetrow (sheet_id, ordinal, person_id, title, subtitle, cells, version,
                                  gaps, errors, conflicts, unconfirmed)
    SELECT sheet.id, made.place + coalesce((SELECT max(held.ordinal) FROM ledgers_sheetrow held
                                            WHERE held.sheet_id = sheet.id), 0),
           made.person, made.name, made.address, made.cells, 1,
           (SELECT count(*) FROM unnest(%(required)s::text[]) AS needed WHERE NOT made.cells ? needed), 0,
           counted.conflicts, counted.cells - counted.conflicts
    FROM ledgers_collectionsheet sheet
    CROSS JOIN LATERAL (
        SELECT p.id AS person, p.name, coalesce(a.text, '') AS address, {cells} AS cells,
               row_number() OVER (ORDER BY a.normalised, p.id) AS place
        FROM {PERSON_SOURCE}
        WHERE left(p.area_code, 12) = sheet.area_code AND ({population})
        OFFSET 0
    ) AS made
    CROSS JOIN LATERAL (
        SELECT count(*) AS cells, count(*) FILTER (WHERE cell.value ? 'alt') AS conflicts
        FROM jsonb_each(made.cells) AS cell
    ) AS counted
    WHERE sheet.plan_id = %(plan)s AND sheet.area_code = ANY(%(villages)s)
    ON CONFLICT (sheet_id, person_id) WHERE person_id IS NOT NULL DO NOTHING
    """


_HELD = """
    SELECT f.id FROM ledgers_sheetfigure f JOIN ledgers_collectionsheet s ON s.id = f.sheet_id
    WHERE s.plan_id = %(plan)s AND s.area_code = ANY(%(villages)s) ORDER BY f.id FOR UPDATE OF f
"""


_FIGURES = """
    WITH sheets AS (
        SELECT id FROM ledgers_collectionsheet WHERE plan_id = %(plan)s AND area_code = ANY(%(villages)s)
    ), known AS (
        SELECT r.sheet_id, cell.key, count(*) AS cells, count(*) FILTER (WHERE cell.value->>'t' = 'typed') AS typed
        FROM sheets JOIN ledgers_sheetrow r ON r.sheet_id = sheets.id CROSS JOIN LATERAL jsonb_each(r.cells) AS cell
        GROUP BY r.sheet_id, cell.key
    ), counted AS (
        SELECT sheets.id, count(r.id) AS rows
        FROM sheets LEFT JOIN ledgers_sheetrow r ON r.sheet_id = sheets.id GROUP BY sheets.id
    )
    INSERT INTO ledgers_sheetfigure (sheet_id, column_id, rows, prefilled, typed, empty)
    SELECT counted.id, col.id, counted.rows, coalesce(known.cells - known.typed, 0), coalesce(known.typed, 0),
           counted.rows - coalesce(known.cells, 0)
    FROM counted JOIN ledgers_plancolumn col ON col.plan_id = %(plan)s
    LEFT JOIN known ON known.sheet_id = counted.id AND known.key = col.key
    ON CONFLICT (sheet_id, column_id) DO UPDATE
    SET rows = excluded.rows, prefilled = excluded.prefilled, typed = excluded.typed, empty = excluded.empty
"""


_MOVED = """
    UPDATE ledgers_sheetfigure f
    SET prefilled = greatest(f.prefilled + moved.prefilled, 0), typed = greatest(f.typed + moved.typed, 0),
        empty = greatest(f.empty + moved.empty, 0)
    FROM unnest(%(columns)s::bigint[], %(prefilled)s::int[], %(typed)s::int[], %(empty)s::int[])
         AS moved (id, prefilled, typed, empty)
    WHERE f.sheet_id = %(sheet)s AND f.column_id = moved.id
"""


def _fresh(cells: str) -> str:
    """Cells the register now gives, put over those nobody touched, with the counters they lead to."""
    return f"""
    WITH wanted AS (
        SELECT held.id, held.cells, held.version, p.name, made.cells AS made
        FROM ledgers_sheetrow held JOIN ({PERSON_SOURCE}) ON p.id = held.person_id
        CROSS JOIN LATERAL (SELECT {cells} AS cells) AS made
        WHERE held.id = ANY(%(rows)s)
    ), fresh AS (
        SELECT wanted.id, jsonb_object_agg(each.key, each.value || jsonb_build_object('n', wanted.version + 1)) AS cells
        FROM wanted, jsonb_each(wanted.made) AS each
        WHERE CASE WHEN wanted.cells ? each.key
                   THEN wanted.cells->each.key->>'t' IN ('prefilled', 'conflict')
                        AND (wanted.cells->each.key) - 'n' - 'b' IS DISTINCT FROM each.value
                        AND NOT (each.value->>'s' = 'derived' AND wanted.cells->each.key->'v' = each.value->'v')
                   ELSE NOT EXISTS (SELECT FROM ledgers_celledit edit
                                    WHERE edit.row_id = wanted.id AND edit.key = each.key) END
        GROUP BY wanted.id
    ), merged AS (
        SELECT wanted.id, wanted.name, wanted.cells || fresh.cells AS cells FROM wanted JOIN fresh USING (id)
    )
    UPDATE ledgers_sheetrow held
    SET cells = merged.cells, version = held.version + 1, title = merged.name,
        gaps = (SELECT count(*) FROM unnest(%(required)s::text[]) AS needed WHERE NOT merged.cells ? needed),
        conflicts = (SELECT count(*) FROM jsonb_each(merged.cells) AS cell WHERE cell.value->>'t' = 'conflict'),
        unconfirmed = (SELECT count(*) FROM jsonb_each(merged.cells) AS cell WHERE cell.value->>'t' = 'prefilled')
    FROM merged WHERE held.id = merged.id
    """
