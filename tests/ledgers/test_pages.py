"""Parts of pages that load by themselves (局部更新): progress, and the search for another element."""

import pytest
from django.urls import reverse

from apps.accounts.roles import Role
from apps.core.models import RunStatus
from apps.ledgers.models import CollectionSheet, MatchRun, MergeMember, TemplateStatus
from apps.ledgers.selectors.sheets import departments_of
from tests.factories import DataElementFactory, PlanFactory
from tests.factories.ledgers import clerk, form, open_field, posted, village

pytestmark = pytest.mark.django_db
PART = {"HTTP_HX_REQUEST": "true", "HTTP_ACCEPT": "text/html"}


@pytest.mark.parametrize(
    ("status", "is_over"), [("queued", False), ("running", False), ("done", True), ("failed", True)]
)
def test_progress_goes_on_until_the_whole_page_has_changed(client, status, is_over):
    template = form("health", "person.name", status=TemplateStatus.MATCHING)
    MatchRun.objects.create(template=template, status=RunStatus(status), progress_done=3, progress_total=9)
    client.force_login(clerk("health"))
    url = reverse("ledgers:match_progress", args=[template.pk])
    part, whole = client.get(url, **PART), client.get(url)
    assert ("HX-Refresh" in part.headers) == is_over
    assert "HX-Refresh" not in whole.headers
    assert ('hx-trigger="every 1s"' in whole.text) == (not is_over)
    if not is_over:
        assert "3 / 9" in part.text


def test_a_search_for_elements_is_a_page_and_a_part_of_one(client):
    DataElementFactory(id="person.name", name="姓名", definition="本人的姓名")
    field = open_field(form("health", "person.phone"), "称呼")
    client.force_login(posted(Role.LEDGER_REVIEWER, "civil-affairs"))
    url = reverse("ledgers:element_search") + f"?field={field.pk}&q=姓名"
    whole, part = client.get(url), client.get(url, **PART)
    for answer in (whole, part):
        assert 'value="person.name"' in answer.text
        assert "查到 1 个" in answer.text
    assert "“称呼”对应哪个数据元" in whole.text
    assert "<html" not in part.text
    assert "没有找到“无此项”" in client.get(url.replace("姓名", "无此项"), **PART).text


def test_departments_of_a_plan_are_named_once_however_many_sheets_it_has():
    plan = PlanFactory()
    for department in ("health", "civil-affairs"):
        MergeMember.objects.create(plan=plan, template=form(department, "person.name"))
    sheets = [
        CollectionSheet.objects.create(plan=plan, area=village(code)) for code in ("310151101201", "310151101202")
    ]
    assert departments_of(sheets) == {plan.pk: "部门civil-affairs、部门health"}
