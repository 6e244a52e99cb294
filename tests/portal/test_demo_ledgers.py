"""The demo district's ledgers are on their way through the real services, so that every role finds work to do."""

import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.ledgers.models import CollectionSheet, FormTemplate, MergePlan, SheetStatus
from apps.ledgers.selectors.tasks import tasks_of
from apps.portal import demo

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def district(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        demo.load()
        yield
        transaction.set_rollback(True)


def test_templates_stand_at_every_stage(district):
    assert set(FormTemplate.objects.values_list("status", flat=True)) >= {"draft", "review", "ready", "in_use"}


def test_forms_of_two_departments_are_merged_and_the_saving_shows(district):
    plan = MergePlan.objects.get(status="active")
    asked = sum(member.template.fields.count() for member in plan.members.all())
    assert {member.template.department_id for member in plan.members.all()} == {"civil-affairs", "health"}
    assert plan.columns.count() < asked


@pytest.mark.parametrize("username", ["jiezhen", "gongan", "weijian", "minzheng", "canlian", "shenhe"])
def test_there_is_something_to_do_for(district, username):
    assert tasks_of(User.objects.get(username=username))


def test_one_village_has_handed_in_and_the_cadres_sheet_waits(district):
    assert CollectionSheet.objects.get(area=demo.demo_ledgers.NEIGHBOUR).status == SheetStatus.SUBMITTED
    waiting = CollectionSheet.objects.get(area=demo.VILLAGE)
    assert waiting.status == SheetStatus.OPEN
    assert waiting.rows.filter(gaps__gt=0).exists()


def test_loading_again_adds_nothing(district):
    before = FormTemplate.objects.count(), CollectionSheet.objects.count()
    demo.load()
    assert (FormTemplate.objects.count(), CollectionSheet.objects.count()) == before
