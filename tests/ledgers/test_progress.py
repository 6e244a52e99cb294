"""Each department sees where every village stands, and everybody what waits for them; counted from the rows."""

from datetime import date

import pytest
from django.urls import reverse

from apps.accounts.roles import Role
from apps.ledgers.models import CollectionSheet, SheetStatus, TemplateStatus, Verdict
from apps.ledgers.selectors.progress import STAGES, town_progress
from apps.ledgers.selectors.tasks import tasks_of
from apps.ledgers.services import checking, filling, merging, prefilling
from apps.ledgers.services.filling import Edit
from tests.factories import PersonFactory, PlanColumnFactory, PlanFactory, UserFactory
from tests.factories.ledgers import TemplateFactory, clerk, form, open_field, posted, village

pytestmark = pytest.mark.django_db
TOWN, OTHER_TOWN = "310151101", "310151102"
VILLAGE, NEIGHBOUR, FAR = "310151101201", "310151101202", "310151102201"
NEED = "person.need"


@pytest.fixture
def plan():
    """One plan in three villages of two towns: two people in the first, one in the second and in the third."""
    for code in (VILLAGE, NEIGHBOUR, FAR):
        village(code)
    plan = PlanFactory(status="active")
    PlanColumnFactory(plan=plan, key="person.name", data_type="name")
    PlanColumnFactory(plan=plan, key=NEED, is_required=True)
    for code in (VILLAGE, VILLAGE, NEIGHBOUR, FAR):
        PersonFactory(area_code=code, as_of=date(2026, 11, 1))
    prefilling.fill_villages(plan=plan, villages=[VILLAGE, NEIGHBOUR, FAR], as_of=date(2026, 11, 23))
    return plan


@pytest.fixture
def cadre():
    return posted(Role.VILLAGE_CADRE, VILLAGE)


def _sheet(code) -> CollectionSheet:
    return CollectionSheet.objects.get(area=code)


def _fill(sheet, rows, by) -> None:
    for row in rows:
        filling.save_cells(sheet=sheet, edits=[Edit(row.pk, NEED, row.version, "助餐")], by=by)
        row.refresh_from_db()
        filling.confirm_rows(sheet=sheet, versions={row.pk: row.version}, by=by)


def _stand(plan, code) -> tuple[str, int, int]:
    name = _sheet(code).area.short_name
    [found] = [v for town in town_progress(plan) for v in town.villages if v.name == name]
    return found.stage, found.done, found.rows


def test_villages_stand_under_their_towns_before_anybody_began(plan):
    towns = town_progress(plan)
    assert [(town.name, [village.name for village in town.villages]) for town in towns] == [
        (f"区域{TOWN}", [f"区域{VILLAGE}", f"区域{NEIGHBOUR}"]),
        (f"区域{OTHER_TOWN}", [f"区域{FAR}"]),
    ]
    assert [town.counts for town in towns] == [[2, 0, 0, 0, 0], [1, 0, 0, 0, 0]]
    assert (_stand(plan, VILLAGE), _stand(plan, FAR)) == (("waiting", 0, 2), ("waiting", 0, 1))


def test_a_village_goes_through_every_stage(plan, cadre):
    sheet, town = _sheet(VILLAGE), posted(Role.TOWN_ADMIN, TOWN)
    first, second = sheet.rows.all()
    _fill(sheet, [first], cadre)
    assert _stand(plan, VILLAGE) == ("doing", 1, 2)
    _fill(sheet, [second], cadre)
    filling.submit_sheet(sheet=sheet, by=cadre)
    assert _stand(plan, VILLAGE) == ("submitted", 2, 2)
    checking.check_sheet(sheet=sheet, verdict=Verdict.RETURNED, reason="第 1 行不对", by=town)
    assert _stand(plan, VILLAGE) == ("returned", 2, 2)
    filling.submit_sheet(sheet=sheet, by=cadre)
    checking.check_sheet(sheet=sheet, verdict=Verdict.ACCEPTED, by=town)
    assert _stand(plan, VILLAGE) == ("accepted", 2, 2)
    assert town_progress(plan)[0].handed_in == 1


def test_every_stage_has_its_word(plan):
    for status in SheetStatus:
        CollectionSheet.objects.filter(area=VILLAGE).update(status=status)
        assert _stand(plan, VILLAGE)[0] in STAGES
    assert sum(town_progress(plan)[0].counts) == 2


def test_a_row_with_an_error_is_not_done(plan, cadre):
    sheet = _sheet(VILLAGE)
    row = sheet.rows.first()
    _fill(sheet, [row], cadre)
    assert _stand(plan, VILLAGE)[1] == 1
    sheet.rows.filter(pk=row.pk).update(errors=1)
    assert _stand(plan, VILLAGE)[1] == 0


def test_the_page_is_for_those_who_see_the_plan(plan, client):
    civil = form("civil-affairs", NEED)
    plan.members.create(template=civil)
    url = reverse("ledgers:plan_villages", args=[plan.pk])
    for user, status in (
        (clerk("civil-affairs"), 200),
        (posted(Role.LEDGER_REVIEWER, "civil-affairs"), 200),
        (posted(Role.DATA_CENTRE, "data-centre"), 200),
        (clerk("health"), 404),
        (posted(Role.VILLAGE_CADRE, VILLAGE), 404),
        (posted(Role.TOWN_ADMIN, TOWN), 404),
        (UserFactory(), 404),
    ):
        client.force_login(user)
        answer = client.get(url)
        assert answer.status_code == status
        assert (f"区域{NEIGHBOUR}" in answer.content.decode()) == (status == 200)
    client.force_login(clerk("civil-affairs"))
    assert "0 / 2 个村居已提交" in client.get(url).content.decode()


# What waits for whom


def _titles(user) -> list[str]:
    return [task.title for task in tasks_of(user)]


def test_the_town_is_told_what_was_handed_in_and_what_is_owed(plan, cadre):
    town, other = posted(Role.TOWN_ADMIN, TOWN), posted(Role.TOWN_ADMIN, OTHER_TOWN)
    assert _titles(town) == ["2 份台账村居还没有提交"]
    sheet = _sheet(VILLAGE)
    _fill(sheet, sheet.rows.all(), cadre)
    filling.submit_sheet(sheet=sheet, by=cadre)
    assert _titles(town) == [f"审核：{plan.title}", "1 份台账村居还没有提交"]
    assert tasks_of(town)[0].note == f"区域{VILLAGE}已提交"
    assert tasks_of(town)[0].url == sheet.get_absolute_url()
    assert _titles(other) == ["1 份台账村居还没有提交"]
    checking.check_sheet(sheet=sheet, verdict=Verdict.ACCEPTED, by=town)
    assert _titles(town) == ["1 份台账村居还没有提交"]
    CollectionSheet.objects.update(status=SheetStatus.ACCEPTED)
    assert tasks_of(town) == tasks_of(other) == []


def test_a_department_is_told_of_its_plans_and_drafts():
    mine, theirs = form("civil-affairs", NEED), form("health", NEED)
    *_, plan = [merging.propose_merge(template=each) for each in (mine, theirs)]
    TemplateFactory(title="名册", status=TemplateStatus.DRAFT, department=mine.department)
    TemplateFactory(title="旧名册", status=TemplateStatus.WITHDRAWN, department=mine.department)
    civil, health = clerk("civil-affairs"), clerk("health")
    assert _titles(civil) == [f"确认合并：{plan.title}", "补充信息：名册"]
    assert _titles(health) == [f"确认合并：{plan.title}"]
    merging.confirm_merge(member=mine.membership, by=civil)
    assert (_titles(civil), _titles(health)) == (["补充信息：名册"], [f"确认合并：{plan.title}"])
    merging.confirm_merge(member=theirs.membership, by=health)
    assert _titles(health) == []


def test_the_reviewer_is_told_how_many_fields_are_open():
    reviewer = posted(Role.LEDGER_REVIEWER, "civil-affairs")
    assert _titles(reviewer) == []
    withdrawn = form("health")
    open_field(withdrawn, "旧项")
    merging.withdraw_template(template=withdrawn, by=clerk("health"))
    assert _titles(reviewer) == []
    template = form("health")
    open_field(template, "家庭情况")
    open_field(template, "身体情况")
    assert _titles(reviewer) == ["2 项填报项待审核对应"]


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.GRID_LEADER, VILLAGE + "001"),
        (Role.SYSTEM_OFFICER, "data-centre"),
        (Role.SECURITY_OFFICER, "data-centre"),
        (Role.AUDIT_OFFICER, "data-centre"),
    ],
)
def test_nothing_waits_for_whoever_has_no_part_in_it(plan, role, place):
    open_field(form("health"), "家庭情况")
    assert tasks_of(posted(role, place)) == []
