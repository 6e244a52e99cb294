"""Prefilling asks nobody for what is already held, says where each value is from, and never overwrites an answer."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from apps.core.models import RunStatus
from apps.ledgers.models import CollectionSheet, PrefillRun, SheetFigure, SheetRow
from apps.ledgers.services import prefilling
from tests.factories import AreaFactory, PersonFactory, PlanColumnFactory, PlanFactory

pytestmark = pytest.mark.django_db
VILLAGE, NEIGHBOUR = "310151101201", "310151101202"


@pytest.fixture
def plan():
    for code in ("310151101", VILLAGE, NEIGHBOUR):
        AreaFactory(code=code)
    plan = PlanFactory()
    for key, required in (("person.name", True), ("person.age", False), ("person.marital_status", True)):
        PlanColumnFactory(plan=plan, key=key, is_required=required)
    return plan


def _prefill(plan) -> PrefillRun:
    run = prefilling.start_prefill(plan=plan)
    prefilling.run_prefill(run_id=run.pk)
    run.refresh_from_db()
    return run


def test_each_village_gets_a_sheet_with_its_own_people(plan):
    ours, theirs = PersonFactory(area_code=VILLAGE), PersonFactory(area_code=NEIGHBOUR + "001")
    assert _prefill(plan).status == RunStatus.DONE
    rows = dict(SheetRow.objects.values_list("sheet__area_code", "person_id"))
    assert rows == {VILLAGE: ours.pk, NEIGHBOUR: theirs.pk}


def test_a_cell_says_its_value_source_and_day(plan):
    fact = {"v": "20", "s": "village", "d": "2026-10-01"}
    PersonFactory(name="施玉芳", birth_on=date(1960, 1, 1), facts={"person.marital_status": fact})
    _prefill(plan)
    row = SheetRow.objects.get()
    assert row.cells["person.name"] == {"v": "施玉芳", "s": "register", "d": "2026-08-30", "t": "prefilled"}
    assert row.cells["person.marital_status"] == fact | {"t": "prefilled"}
    assert row.cells["person.age"]["s"] == "derived"
    assert (row.gaps, row.unconfirmed, row.title) == (0, 3, "施玉芳")


def test_what_nobody_knows_stays_empty_and_counts_as_a_gap(plan):
    PersonFactory()
    _prefill(plan)
    row = SheetRow.objects.get()
    assert set(row.cells) == {"person.name"}
    assert row.gaps == 1


def test_sources_that_differ_are_both_shown(plan):
    other = {"v": "施玉芬", "s": "city", "d": "2026-09-01"}
    PersonFactory(name="施玉芳", facts={"person.name": {"alt": other}})
    _prefill(plan)
    row = SheetRow.objects.get()
    assert row.cells["person.name"]["t"] == "conflict"
    assert row.cells["person.name"]["alt"] == other
    assert row.conflicts == 1


def test_a_second_run_keeps_what_was_typed_and_doubles_nothing(plan):
    PersonFactory()
    _prefill(plan)
    row = SheetRow.objects.get()
    row.cells["person.marital_status"] = {"v": "10", "s": "self", "d": "2026-11-23", "t": "typed"}
    row.save()
    _prefill(plan)
    assert SheetRow.objects.get().cells == row.cells
    figure = SheetFigure.objects.get(column__key="person.marital_status", sheet=row.sheet)
    assert (figure.rows, figure.prefilled, figure.typed, figure.empty) == (1, 0, 1, 0)


def test_a_run_taken_over_from_a_dead_worker_finishes_the_rest(plan):
    PersonFactory(area_code=VILLAGE)
    PersonFactory(area_code=NEIGHBOUR)
    run = prefilling.start_prefill(plan=plan)
    PrefillRun.claim(run.pk)
    prefilling.fill_villages(plan=plan, villages=[VILLAGE], as_of=date(2026, 11, 23))
    PrefillRun.objects.filter(pk=run.pk).update(done_until=VILLAGE, lease_until=timezone.now() - timedelta(seconds=1))
    prefilling.run_prefill(run_id=run.pk)
    assert CollectionSheet.objects.count() == SheetRow.objects.count() == 2


def test_the_population_decides_who_has_a_row(plan):
    plan.population = "aged_60"
    plan.save()
    PersonFactory(birth_on=date(2000, 1, 1))
    elder = PersonFactory(birth_on=date(1950, 1, 1))
    _prefill(plan)
    assert SheetRow.objects.get().person_id == elder.pk


def test_a_village_with_nobody_to_put_on_the_sheet_gets_none():
    for code in ("310151101", "310151101201", "310151101202"):
        AreaFactory(code=code)
    PersonFactory(area_code="310151101201", birth_on=date(1940, 1, 1))
    PersonFactory(area_code="310151101202", birth_on=date(2000, 1, 1))
    villages = ["310151101201", "310151101202"]
    plan = PlanFactory(population="aged_80")
    prefilling.fill_villages(plan=plan, villages=villages, as_of=date(2026, 11, 23))
    assert list(plan.sheets.values_list("area_code", flat=True)) == ["310151101201"]
    named = PlanFactory(population="manual")
    prefilling.fill_villages(plan=named, villages=villages, as_of=date(2026, 11, 23))
    assert named.sheets.count() == 2
