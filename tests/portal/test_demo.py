import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.accounts.roles import Permission, Role
from apps.collection.models import Person, Residency
from apps.core import crypto
from apps.ledgers.models import SheetRow
from apps.ledgers.services import prefilling
from apps.organizations.models import Area
from apps.portal import demo
from tests.factories import PlanColumnFactory, PlanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def district():
    return demo.load()


def test_loading_twice_doubles_nothing(district):
    assert demo.load() == district
    assert User.objects.count() == len(demo.ACCOUNTS)


def test_every_role_has_an_account_that_may_do_its_work(district):
    held = {role for account in demo.ACCOUNTS if (role := account.role)}
    assert held == set(Role)
    assert User.objects.get(username="cunju").can(Permission.SHEET_FILL)
    assert not any(User.objects.get(username="waibu").can(permission) for permission in Permission)


def test_identifiers_are_stored_as_tokens_and_read_back(district):
    person = Person.objects.exclude(id_number="").first()
    assert person.id_number.startswith("sm4:")
    assert len(crypto.decrypt("person.id_number", person.id_number)) == 18
    assert person.history.count() == 1


def test_a_person_with_an_address_lives_somewhere(district):
    assert Residency.objects.filter(person__name="吴妹英", dwelling__area_code="310151107201").exists()


def test_a_cadre_sees_the_people_of_the_village_and_no_others(district):
    cadre = User.objects.get(username="cunju")
    seen = Person.objects.visible_to(cadre)
    assert seen.exists()
    assert set(seen.values_list("area_code", flat=True)) == {demo.VILLAGE}
    assert not Person.objects.visible_to(User.objects.get(username="waibu")).exists()


def test_the_district_prefills(district):
    plan = PlanFactory(area=Area.objects.get(pk="310151"), population="aged_60")
    for key in ("person.name", "person.id_number", "person.residence_address", "household.no"):
        PlanColumnFactory(plan=plan, key=key)
    run = prefilling.start_prefill(plan=plan)
    prefilling.run_prefill(run_id=run.pk)
    row = SheetRow.objects.filter(cells__has_key="person.id_number").first()
    assert crypto.decrypt("person.id_number", row.cells["person.id_number"]["v"])
    assert row.cells["person.residence_address"]["v"] == row.subtitle


def test_a_site_in_production_gets_no_demo_accounts(settings):
    settings.IS_PRODUCTION = True
    with pytest.raises(CommandError, match="正式运行时不能建立"):
        call_command("demo")
    assert not User.objects.exists()
