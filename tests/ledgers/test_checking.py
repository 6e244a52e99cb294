"""The town accepts what a village handed in, or gives it back with a reason; nobody else does."""

import pytest
from django.urls import reverse

from apps.accounts.roles import Role
from apps.core.errors import DomainError, NotAllowed
from apps.ledgers.models import CollectionSheet, SheetStatus, Submission, Verdict
from apps.ledgers.permissions import why_not_check
from apps.ledgers.services import checking, filling, prefilling
from tests.factories import (
    AreaFactory,
    DepartmentFactory,
    PersonFactory,
    PlanColumnFactory,
    PlanFactory,
    PostingFactory,
)

pytestmark = pytest.mark.django_db
VILLAGE, TOWN, OTHER_TOWN = "310151101201", "310151101", "310151102"


def _post(role, place):
    if place.isdigit():
        return PostingFactory(role=role, area__code=place).user
    return PostingFactory(role=role, area=None, department=DepartmentFactory(code=place)).user


@pytest.fixture
def town():
    return _post(Role.TOWN_ADMIN, TOWN)


@pytest.fixture
def cadre():
    return _post(Role.VILLAGE_CADRE, VILLAGE)


@pytest.fixture
def sheet(cadre):
    for code in (TOWN, OTHER_TOWN):
        AreaFactory(code=code)
    plan = PlanFactory()
    PlanColumnFactory(plan=plan, key="person.name", data_type="name")
    PersonFactory(name="施玉芳")
    prefilling.fill_villages(plan=plan, villages=[VILLAGE], as_of=plan.due_on)
    sheet = CollectionSheet.objects.get()
    filling.submit_sheet(sheet=sheet, by=cadre)
    sheet.refresh_from_db()
    return sheet


def test_accepting_ends_the_sheet_and_says_who(sheet, town):
    checking.check_sheet(sheet=sheet, verdict=Verdict.ACCEPTED, by=town)
    sheet.refresh_from_db()
    submission = Submission.objects.get()
    assert sheet.status == SheetStatus.ACCEPTED
    assert (submission.verdict, submission.checked_by) == ("accepted", town)


def test_returning_opens_it_for_the_village_and_a_second_round_is_checked_anew(sheet, town, cadre):
    checking.check_sheet(sheet=sheet, verdict=Verdict.RETURNED, reason="第 1 行姓名不对", by=town)
    sheet.refresh_from_db()
    assert sheet.status == SheetStatus.RETURNED
    filling.submit_sheet(sheet=sheet, by=cadre)
    sheet.refresh_from_db()
    checking.check_sheet(sheet=sheet, verdict=Verdict.ACCEPTED, by=town)
    assert list(Submission.objects.values_list("round", "verdict", "reason")) == [
        (1, "returned", "第 1 行姓名不对"),
        (2, "accepted", ""),
    ]


def test_a_return_without_a_reason_is_refused(sheet, town):
    with pytest.raises(DomainError, match="写明原因"):
        checking.check_sheet(sheet=sheet, verdict=Verdict.RETURNED, by=town)
    sheet.refresh_from_db()
    assert sheet.status == SheetStatus.SUBMITTED


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.TOWN_ADMIN, OTHER_TOWN),
        (Role.VILLAGE_CADRE, VILLAGE),
        (Role.GRID_LEADER, VILLAGE + "001"),
        (Role.DEPARTMENT_CLERK, "civil-affairs"),
        (Role.SYSTEM_OFFICER, "data-centre"),
    ],
)
def test_others_are_told_who_checks(sheet, role, place):
    user = _post(role, place)
    assert why_not_check(user, sheet) == "由本街镇的管理员审核"
    with pytest.raises(NotAllowed):
        checking.check_sheet(sheet=sheet, verdict=Verdict.ACCEPTED, by=user)


@pytest.mark.parametrize("status", [SheetStatus.OPEN, SheetStatus.RETURNED, SheetStatus.ACCEPTED])
def test_only_what_is_handed_in_is_checked(sheet, town, status):
    CollectionSheet.objects.update(status=status)
    sheet.refresh_from_db()
    assert why_not_check(town, sheet) == f"台账{status.label}，现在不用审核"


def test_nobody_checks_what_they_handed_in(sheet, town):
    Submission.objects.update(submitted_by=town)
    assert "不能审核本人提交的台账" in why_not_check(town, sheet)


def test_the_second_of_two_checkers_is_told(sheet, town, client):
    client.force_login(town)
    url = reverse("ledgers:sheet_check", args=[sheet.pk])
    assert client.post(url, {"verdict": "accepted"}).status_code == 302
    answer = client.post(url, {"verdict": "returned", "reason": "电话少一位"})
    assert answer.status_code == 403
    assert "街镇已审核" in answer.content.decode()
    sheet.refresh_from_db()
    assert sheet.status == SheetStatus.ACCEPTED


def test_the_page_offers_the_check_to_the_town_and_shows_the_reason_to_the_village(sheet, town, cadre, client):
    client.force_login(town)
    assert "审核通过" in client.get(sheet.get_absolute_url()).content.decode()
    checking.check_sheet(sheet=sheet, verdict=Verdict.RETURNED, reason="第 1 行姓名不对", by=town)
    client.force_login(cadre)
    page = client.get(sheet.get_absolute_url()).content.decode()
    assert "第 1 行姓名不对" in page
    assert "审核通过" not in page
