"""A list costs as many queries for twenty rows as for two, on every page that shows one."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.roles import Role
from apps.catalog.models import ElementAlias
from apps.ledgers.models import CollectionSheet, FormField, FormTemplate, MergePlan, SheetStatus, TemplateStatus
from apps.ledgers.services import merging, prefilling
from tests.factories import (
    DataElementFactory,
    DepartmentFactory,
    PersonFactory,
    PlanColumnFactory,
    PlanFactory,
    UserFactory,
)
from tests.factories.ledgers import FieldFactory, TemplateFactory, form, open_field, posted, village

pytestmark = pytest.mark.django_db
TOWN, VILLAGE = "310151101", "310151101201"
FEW, MANY = range(2), range(2, 20)
DAY = date(2026, 11, 23)


def _form(number: int) -> FormTemplate:
    """A form of a department of its own; all of them ask for one element."""
    return form(f"department-{number}", "person.name", f"自用项{number}")


def _merged(numbers: range) -> None:
    for number in numbers:
        merging.propose_merge(template=_form(number))


def _sent_down(numbers: range) -> None:
    village(VILLAGE)
    PersonFactory(area_code=VILLAGE)
    for number in numbers:
        plan = PlanFactory(status="active")
        column = PlanColumnFactory(plan=plan, key="person.name")
        template = _form(number)
        template.fields.update(column=column)
        plan.members.create(template=template)
        prefilling.fill_villages(plan=plan, villages=[VILLAGE], as_of=DAY)


def _handed_in(numbers: range) -> None:
    _sent_down(numbers)
    CollectionSheet.objects.update(status=SheetStatus.SUBMITTED)


def _to_confirm(numbers: range) -> None:
    for number in numbers:
        merging.propose_merge(template=form("health", f"自用项{number}"))
        TemplateFactory(department=DepartmentFactory(code="health"), status=TemplateStatus.DRAFT)


def _templates(numbers: range) -> None:
    for number in numbers:
        form("health", f"自用项{number}")


def _fields(numbers: range) -> None:
    template = FormTemplate.objects.first() or TemplateFactory()
    for number in numbers:
        FieldFactory(template=template, element=DataElementFactory(id=f"person.item{number}"), group="分组")


def _questions(numbers: range) -> None:
    for number in numbers:
        element = DataElementFactory(id=f"person.item{number}")
        form("health", element.pk)
        field = open_field(form(f"department-{number}"), f"项{number}")
        FormField.objects.filter(pk=field.pk).update(candidates=[[element.pk, 0.5], ["person.item0", 0.4]])
        ElementAlias.objects.create(name_norm=f"旧项{number}", element=element, answered_by=UserFactory())


def _villages(numbers: range) -> None:
    plan = MergePlan.objects.first() or PlanFactory(status="active")
    codes = [f"3101511{number:02}201" for number in numbers]
    for code in codes:
        village(code)
        PersonFactory(area_code=code)
    prefilling.fill_villages(plan=plan, villages=codes, as_of=DAY)


def _people(numbers: range) -> None:
    village(VILLAGE)
    if not MergePlan.objects.exists():
        PlanColumnFactory(key="person.name", data_type="name")
    for number in numbers:
        PersonFactory(area_code=VILLAGE, name=f"居民{number}")
    prefilling.fill_villages(plan=MergePlan.objects.get(), villages=[VILLAGE], as_of=DAY)


def _elements(numbers: range) -> None:
    if not FormField.objects.exists():
        open_field(form("health"), "家庭情况")
    for number in numbers:
        DataElementFactory(id=f"person.item{number}", name=f"数据元{number}")


def _page(name: str, model: type | None = None, query: str = "") -> Callable[[], str]:
    return lambda: reverse(name, args=[model.objects.first().pk] if model else []) + query


def _search() -> str:
    return f"{reverse('ledgers:element_search')}?field={FormField.objects.get().pk}&q=数据元"


CADRE, TOWN_ADMIN = (Role.VILLAGE_CADRE, VILLAGE), (Role.TOWN_ADMIN, TOWN)
HEALTH, REVIEWER = (Role.DEPARTMENT_CLERK, "health"), (Role.LEDGER_REVIEWER, "civil-affairs")
WORKBENCH = _page("portal:workbench")
LISTS = {
    "a cadre's workbench": (CADRE, _sent_down, WORKBENCH),
    "a town's workbench": (TOWN_ADMIN, _handed_in, WORKBENCH),
    "a department's workbench": (HEALTH, _to_confirm, WORKBENCH),
    "a reviewer's workbench": (REVIEWER, _questions, WORKBENCH),
    "a village's sheets": (CADRE, _sent_down, _page("ledgers:sheets")),
    "a town's sheets": (TOWN_ADMIN, _handed_in, _page("ledgers:sheets")),
    "the rows of a sheet": (CADRE, _people, _page("ledgers:sheet", CollectionSheet)),
    "templates": (HEALTH, _templates, _page("ledgers:templates")),
    "a template's fields": (REVIEWER, _fields, _page("ledgers:template", FormTemplate)),
    "plans proposed": (HEALTH, _to_confirm, _page("ledgers:plans")),
    "plans sent down": (REVIEWER, _sent_down, _page("ledgers:plans")),
    "a plan's members and columns": (REVIEWER, _merged, _page("ledgers:plan", MergePlan)),
    "a plan's villages": (REVIEWER, _villages, _page("ledgers:plan_villages", MergePlan)),
    "questions": (REVIEWER, _questions, _page("ledgers:review")),
    "elements found": (REVIEWER, _elements, _search),
    "burden by department": (REVIEWER, _sent_down, _page("ledgers:burden")),
}


@pytest.mark.parametrize("name", LISTS)
def test_many_rows_cost_the_same_queries(client, name):
    post, make, page = LISTS[name]
    make(FEW)
    client.force_login(posted(*post))
    short, few = _look(client, page())
    make(MANY)
    long, many = _look(client, page())
    assert len(long) > len(short)
    assert len(many) == len(few), "\n".join(query["sql"][:200] for query in many)


def test_people_found_cost_the_same_queries(client):
    _people(FEW)
    MergePlan.objects.update(population="manual")
    client.force_login(posted(*CADRE))
    url = reverse("ledgers:sheet_people", args=[CollectionSheet.objects.get().pk])
    _, few = _look(client, url, {"q": "居民"})
    for number in MANY:
        PersonFactory(area_code=VILLAGE, name=f"居民{number}")
    _, many = _look(client, url, {"q": "居民"})
    assert len(many) == len(few)


def _look(client: Client, url: str, data: dict | None = None) -> tuple[bytes, CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(url, data) if data else client.get(url)
    assert answer.status_code == 200
    return answer.content, queries
