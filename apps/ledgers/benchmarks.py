"""Benchmarks of ledgers (台账基准): prefilling the sheets of a whole district."""

from datetime import date

from django.db import connection

from apps.catalog.services import load_code_sets, load_elements
from apps.core import crypto
from apps.core.benchmarks import Figure, compare
from apps.ledgers.models import CollectionSheet, MergePlan, PlanColumn, PrefillRun
from apps.ledgers.services import prefilling
from apps.organizations.models import Area, AreaLevel

PEOPLE_A_VILLAGE, VILLAGES_A_TOWN = 200, 20
AS_OF = date(2026, 11, 23)
FROM_REGISTER = [
    "person.name", "person.sex", "person.birth_date", "person.id_number", "person.phone", "person.residence_address",
    "person.age", "household.no", "area.village", "area.township",
]  # fmt: skip
FROM_FACTS = [
    "person.ethnicity", "person.marital_status", "person.education_level", "person.political_status",
    "person.employer", "person.occupation", "person.native_place", "person.health_status", "person.hukou_type",
    "person.registered_address",
]  # fmt: skip

_PEOPLE = """
    INSERT INTO collection_standardaddress (area_code, text, normalised)
    SELECT v.code, '人民路' || n || '号', '人民路' || n || '号'
    FROM organizations_area v, generate_series(1, %(each)s) n WHERE v.level = 'village';
    INSERT INTO collection_dwelling (area_code, address_id) SELECT area_code, id FROM collection_standardaddress;
    INSERT INTO collection_household (area_code, number)
    SELECT v.code, 'H' || n FROM organizations_area v, generate_series(1, %(each)s) n WHERE v.level = 'village';
    INSERT INTO collection_person (area_code, name, sex, birth_date, birth_on, id_number, id_index, phone, phone_index,
                                   household_id, source, as_of, facts)
    SELECT h.area_code, '居民' || h.id, '1', '1950-01-01', '1950-01-01', %(id_number)s, md5(h.id::text), %(phone)s,
           '', h.id, 'register', '2026-08-30',
           (SELECT jsonb_object_agg(key, jsonb_build_object('v', key || h.id, 's', 'village', 'd', '2026-09-28'))
            FROM unnest(%(facts)s) key)
    FROM collection_household h;
    INSERT INTO collection_residency (person_id, dwelling_id, state, valid_from)
    SELECT p.id, d.id, '1', '2020-01-01'
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM collection_person) p
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM collection_dwelling) d USING (place);
    ANALYZE;
"""

# The bare INSERT..SELECT: as many rows with as many cells of the same four parts, into a table of the same shape with
# the same indexes; no joins, no sources to weigh, no counters, no figures, no chunks.
_FLOOR = """
    INSERT INTO floor_row (sheet_id, ordinal, person_id, title, subtitle, cells, version,
                           gaps, errors, conflicts, unconfirmed)
    SELECT 1, p.id, p.id, p.name, '', {cells}, 1, 0, 0, 0, 20 FROM collection_person p
"""


def _prepare(people: int) -> MergePlan:
    villages = max(1, people // PEOPLE_A_VILLAGE)
    load_code_sets()
    load_elements()
    district = Area.objects.create(code="310151", name="崇明区", level=AreaLevel.DISTRICT)
    towns = [
        Area(code=f"310151{100 + n}", name=f"街镇{n}", level=AreaLevel.TOWN, parent=district)
        for n in range(-(-villages // VILLAGES_A_TOWN))
    ]
    Area.objects.bulk_create(towns)
    Area.objects.bulk_create(
        Area(
            code=f"{towns[n // VILLAGES_A_TOWN].code}{200 + n % VILLAGES_A_TOWN}",
            name=f"村{n}村委会",
            level=AreaLevel.VILLAGE,
            parent=towns[n // VILLAGES_A_TOWN],
        )
        for n in range(villages)
    )
    parameters = {
        "each": PEOPLE_A_VILLAGE,
        "id_number": crypto.encrypt("person.id_number", "310230196209047926"),
        "phone": crypto.encrypt("person.phone", "13800138000"),
        "facts": FROM_FACTS,
    }
    with connection.cursor() as cursor:
        for statement in _PEOPLE.split(";\n"):
            if statement.strip():
                cursor.execute(statement, parameters)
        cursor.execute("CREATE TABLE floor_row (LIKE ledgers_sheetrow INCLUDING ALL)")
    plan = MergePlan.objects.create(
        title="基准", row_subject="person", population="all", area=district, period="monthly", due_on=AS_OF
    )
    PlanColumn.objects.bulk_create(
        PlanColumn(plan=plan, position=n, key=key, element_id=key, label=key, data_type="text")
        for n, key in enumerate(FROM_REGISTER + FROM_FACTS)
    )
    return plan


def bench_prefill(people: int) -> Figure:
    """Prefill of every village, 200 rows × 20 cells each, as the worker does it, against the bare INSERT..SELECT."""
    plan = _prepare(people)
    cell = "jsonb_build_object('v', p.name, 's', p.source, 'd', p.as_of, 't', 'prefilled')"
    pairs = [f"'{key}', {cell}" for key in FROM_REGISTER + FROM_FACTS]
    bare = _FLOOR.format(cells=f"jsonb_build_object({', '.join(pairs)})")

    def ours() -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE ledgers_collectionsheet, ledgers_sheetrow, ledgers_sheetfigure CASCADE")
        prefilling.run_prefill(run_id=PrefillRun.objects.create(plan=plan, area_prefix=plan.area_id).pk)

    def floor() -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE floor_row")
            cursor.execute(bare)

    figure = compare("prefill", ours=ours, floor=floor, rows=Area.objects.villages().count() * PEOPLE_A_VILLAGE)
    made = sum(sheet.rows.count() for sheet in CollectionSheet.objects.filter(plan=plan))
    if made != figure.rows:
        raise RuntimeError(f"prefill made {made} rows, not {figure.rows}")
    return figure
