"""A village sees its own sheet with the source of each value, and nobody sees another's."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.roles import Role
from apps.core import crypto
from apps.ledgers.models import CollectionSheet
from apps.ledgers.services import prefilling
from tests.factories import AreaFactory, PersonFactory, PlanColumnFactory, PlanFactory, PostingFactory

pytestmark = pytest.mark.django_db
VILLAGE, NEIGHBOUR = "310151101201", "310151101202"


@pytest.fixture
def sheet():
    for code in ("310151101", VILLAGE, NEIGHBOUR):
        AreaFactory(code=code)
    plan = PlanFactory()
    PlanColumnFactory(plan=plan, key="person.id_number", data_type="id_number", element__is_encrypted=True)
    token = crypto.encrypt("person.id_number", "310230196209047926")
    PersonFactory(name="施玉芳", id_number=token, as_of=date(2020, 8, 30))
    prefilling.fill_villages(plan=plan, villages=[VILLAGE, NEIGHBOUR], as_of=date(2026, 11, 23))
    return CollectionSheet.objects.get(area=VILLAGE)


def _open(client, sheet, **posting):
    client.force_login(PostingFactory(**posting).user)
    return client.get(reverse("ledgers:sheet", args=[sheet.pk]))


def test_the_village_reads_its_sheet_with_sources_and_masked_numbers(client, sheet):
    page = _open(client, sheet).content.decode()
    assert "施玉芳" in page
    assert "310230********7926" in page
    assert "采集 2020-08-30" in page
    assert "310230196209047926" not in page


@pytest.mark.parametrize(
    "posting",
    [{"area__code": NEIGHBOUR}, {"role": Role.GRID_LEADER}, {"valid_until": date(2026, 2, 1)}],
    ids=["neighbour", "role without sheets", "post that ended"],
)
def test_nobody_else_finds_it(client, sheet, posting):
    assert _open(client, sheet, **posting).status_code == 404


def test_the_workbench_says_what_is_due_and_already_filled(client, sheet):
    client.force_login(PostingFactory().user)
    page = client.get(reverse("portal:workbench")).content.decode()
    assert "有 1 件事要办" in page
    assert "应填 1 项，已预填 1 项" in page


def test_a_page_costs_the_same_queries_for_many_rows(client, sheet, django_assert_num_queries):
    client.force_login(PostingFactory().user)
    url = reverse("ledgers:sheet", args=[sheet.pk])
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _ in range(20):
        PersonFactory()
    prefilling.fill_villages(plan=sheet.plan, villages=[VILLAGE], as_of=date(2026, 11, 23))
    with django_assert_num_queries(len(few)):
        client.get(url)
