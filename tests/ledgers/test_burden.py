"""The figures of how much is asked come from the cells themselves, agree with them after every act, and add up."""

from collections import defaultdict
from datetime import date

import pytest
from django.urls import reverse

from apps.accounts.roles import Role
from apps.ledgers.models import CollectionSheet, FormField, MergeMember, MergePlan, SheetRow
from apps.ledgers.selectors.burden import BurdenFigures, burden_area, burden_by_department, burden_of_area
from apps.ledgers.services import filling, merging, prefilling
from apps.ledgers.services.filling import Edit
from tests.factories import DataElementFactory, PersonFactory
from tests.factories.ledgers import clerk, form, posted, village
from tests.together import while_unfinished

pytestmark = pytest.mark.django_db
DISTRICT, TOWN, OTHER_TOWN = "310151", "310151101", "310151102"
VILLAGE, NEIGHBOUR, FAR = "310151101201", "310151101202", "310151102201"
NAME, PHONE, NEED = "person.name", "person.phone", "person.need"


def _plan(*forms) -> MergePlan:
    for each in forms:
        plan = merging.propose_merge(template=each)
    for member in MergeMember.objects.filter(plan=plan):
        merging.confirm_merge(member=member, by=clerk(member.template.department_id))
    return plan


@pytest.fixture
def plan():
    """Two departments' forms on one sheet, another on its own, in three villages of two towns."""
    for code in (VILLAGE, NEIGHBOUR, FAR):
        village(code)
    DataElementFactory(id=PHONE, data_type="phone", is_encrypted=True)
    for number, code in enumerate((VILLAGE, VILLAGE, NEIGHBOUR, FAR)):
        fact = {"v": "助餐", "s": "village", "d": "2026-11-01"}
        PersonFactory(area_code=code, as_of=date(2026, 11, 1), facts={NEED: fact} if number else {})
    forms = [form("civil-affairs", NAME, PHONE, NEED, "民政意见"), form("health", NAME, PHONE, PHONE, "血压")]
    plans = [_plan(*forms), _plan(form("health", "随访"))]
    for each in plans:
        prefilling.fill_villages(plan=each, villages=[VILLAGE, NEIGHBOUR, FAR], as_of=date(2026, 11, 23))
    return plans[0]


@pytest.fixture
def sheet(plan):
    return CollectionSheet.objects.get(plan=plan, area=VILLAGE)


@pytest.fixture
def cadre():
    return posted(Role.VILLAGE_CADRE, VILLAGE)


def _counted(area: str) -> tuple[BurdenFigures, dict[str, list[int]]]:
    """The same figures by looking at every cell: of the area, and of each department in it."""
    total = [0] * 5
    departments: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    asking: dict[tuple[int, str], list[str]] = defaultdict(list)
    for field in FormField.objects.filter(column__isnull=False).order_by("pk").select_related("column", "template"):
        asking[field.column.plan_id, field.column.key].append(f"部门{field.template.department_id}")
    for row in SheetRow.objects.filter(sheet__area_code__startswith=area).select_related("sheet"):
        for (_, key), names in filter(lambda asked: asked[0][0] == row.sheet.plan_id, asking.items()):
            cell = row.cells.get(key)
            kind = 4 if cell is None else 3 if cell["t"] == "typed" else 2
            for turn, name in enumerate(names):
                for figures in (total, departments[name]):
                    figures[0] += 1
                    figures[kind if turn == 0 else 1] += 1
    return BurdenFigures("", *total), departments


def _agrees() -> BurdenFigures:
    """Every area's figures are what its cells say, and its departments add up to them; returns the village's."""
    for area in (DISTRICT, TOWN, OTHER_TOWN, VILLAGE, NEIGHBOUR, FAR):
        figures, (counted, by_department) = burden_of_area(area_code=area, name=""), _counted(area)
        assert figures == counted
        assert figures.asked == figures.merged + figures.prefilled + figures.typed + figures.empty
        departments = burden_by_department(area_code=area)
        assert {d.name: [d.asked, d.merged, d.prefilled, d.typed, d.empty] for d in departments if d.asked} == (
            by_department
        )
        for one in departments:
            assert one.asked == one.merged + one.prefilled + one.typed + one.empty
        for name in ("asked", "merged", "prefilled", "typed", "empty"):
            assert sum(getattr(one, name) for one in departments) == getattr(figures, name)
    return burden_of_area(area_code=VILLAGE, name="")


def test_after_prefilling(plan):
    figures = _agrees()
    # two people: six columns for eight fields, and one more; of them two names and one need known
    assert (figures.asked, figures.merged, figures.prefilled, figures.typed) == (18, 4, 3, 0)
    assert figures.prefill_rate == round(100 * 3 / 14)


def test_towns_add_up_to_the_district(plan):
    district, *towns = (burden_of_area(area_code=code, name="") for code in (DISTRICT, TOWN, OTHER_TOWN))
    for name in ("asked", "merged", "prefilled", "typed", "empty"):
        assert sum(getattr(town, name) for town in towns) == getattr(district, name)


def test_after_every_act_of_the_village(sheet, cadre):
    rows = list(sheet.rows.all())
    own = sheet.plan.columns.get(label="血压").key

    def save(row, key, value):
        row.refresh_from_db()
        return filling.save_cells(sheet=sheet, edits=[Edit(row.pk, key, row.version, value)], by=cadre)

    typed = save(rows[0], own, "138/86")
    assert _agrees().typed == 1
    save(rows[0], NAME, "改过的名字")
    assert _agrees().typed == 2
    save(rows[1], PHONE, "1380000")  # wrong, and kept
    assert _agrees().typed == 3
    emptied = save(rows[1], NAME, "")
    assert _agrees().prefilled == 1
    filling.undo(sheet=sheet, batch=emptied.batch, by=cadre)
    filling.undo(sheet=sheet, batch=typed.batch, by=cadre)
    assert (_agrees().prefilled, _agrees().typed) == (2, 2)
    save(rows[1], PHONE, "13911112222")
    before = _agrees()
    for row in rows:
        row.refresh_from_db()
        filling.confirm_rows(sheet=sheet, versions={row.pk: row.version}, by=cadre)
    assert _agrees() == before
    filling.submit_sheet(sheet=sheet, by=cadre)
    assert _agrees() == before


def test_what_another_sheet_learns_is_counted_there(plan, sheet, cadre):
    other = _plan(form("public-security", PHONE, NEED, period="yearly"))
    prefilling.fill_villages(plan=other, villages=[VILLAGE], as_of=date(2026, 11, 23))
    row = sheet.rows.exclude(cells__has_key=NEED).get()
    filling.save_cells(sheet=sheet, edits=[Edit(row.pk, NEED, 1, "助浴")], by=cadre)
    before = _agrees()
    filling.submit_sheet(sheet=sheet, by=cadre)
    assert _agrees().prefilled == before.prefilled + 1


@pytest.mark.django_db(transaction=True)
def test_a_save_and_a_following_sheet_at_the_same_moment_count_both(plan, sheet, cadre):
    """The other sheet is counted anew while a colleague is saving in it."""
    other = _plan(form("public-security", PHONE, NEED, "意见", period="yearly"))
    prefilling.fill_villages(plan=other, villages=[VILLAGE], as_of=date(2026, 11, 23))
    theirs, key = other.sheets.get(), other.columns.get(label="意见").key
    learned = sheet.rows.exclude(cells__has_key=NEED).get()
    elsewhere = theirs.rows.exclude(person=learned.person_id).get()
    filling.save_cells(sheet=sheet, edits=[Edit(learned.pk, NEED, 1, "助浴")], by=cadre)
    save, submit = (
        lambda: filling.save_cells(sheet=theirs, edits=[Edit(elsewhere.pk, key, 1, "同意")], by=cadre),
        lambda: filling.submit_sheet(sheet=sheet, by=cadre),
    )
    assert not any(isinstance(result, Exception) for result in while_unfinished(save, submit))
    _agrees()


def test_where_nothing_is_asked_there_is_no_rate():
    assert burden_of_area(area_code=VILLAGE, name="沈镇村") == BurdenFigures("沈镇村", 0, 0, 0, 0, 0)
    assert burden_of_area(area_code=VILLAGE, name="").prefill_rate is None
    assert burden_by_department(area_code=VILLAGE) == []


def test_a_village_without_people_is_asked_nothing(plan):
    village("310151101299")
    prefilling.fill_villages(plan=plan, villages=["310151101299"], as_of=date(2026, 11, 23))
    assert burden_of_area(area_code="310151101299", name="").asked == 0
    assert all(one.prefill_rate is None for one in burden_by_department(area_code="310151101299"))


@pytest.mark.parametrize(
    ("role", "place", "area"),
    [
        (Role.VILLAGE_CADRE, VILLAGE, VILLAGE),
        (Role.TOWN_ADMIN, TOWN, TOWN),
        (Role.DEPARTMENT_CLERK, "health", DISTRICT),
        (Role.LEDGER_REVIEWER, "civil-affairs", DISTRICT),
        (Role.DATA_CENTRE, "data-centre", DISTRICT),
        (Role.GRID_LEADER, VILLAGE + "001", None),
        (Role.SYSTEM_OFFICER, "data-centre", None),
        (Role.SECURITY_OFFICER, "data-centre", None),
        (Role.AUDIT_OFFICER, "data-centre", None),
    ],
)
def test_everybody_sees_the_figures_of_their_own_area(plan, client, role, place, area):
    user = posted(role, place)
    client.force_login(user)
    answer = client.get(reverse("ledgers:burden"))
    if area is None:
        assert answer.status_code == 403
        return
    assert burden_area(user)[0] == area
    total = answer.context["total"]
    assert (total.asked, total.merged) == (_counted(area)[0].asked, _counted(area)[0].merged)
    assert f"减负数据 · {total.name}" in answer.content.decode()
