import pytest

from apps.catalog import services
from apps.catalog.models import CodeItem, CodeSet, DataElement, DataType
from apps.organizations.models import Area
from apps.organizations.services import load_areas, load_departments

pytestmark = pytest.mark.django_db


def test_loading_twice_changes_nothing_and_doubles_nothing():
    services.load_code_sets()
    services.load_elements()
    before = (CodeItem.objects.count(), DataElement.objects.count())
    assert (services.load_code_sets(), services.load_elements()) == before
    assert (CodeItem.objects.count(), DataElement.objects.count()) == before


def test_a_change_by_the_centre_survives_the_next_loading():
    services.load_code_sets()
    services.load_elements()
    DataElement.objects.filter(pk="person.phone").update(freshness_days=30)
    services.load_elements()
    assert DataElement.objects.get(pk="person.phone").freshness_days == 30


def test_elements_of_type_code_have_a_code_set_and_identifiers_are_encrypted():
    services.load_code_sets()
    services.load_elements()
    assert not DataElement.objects.filter(data_type=DataType.CODE, code_set=None).exists()
    assert not DataElement.objects.filter(
        data_type__in=[DataType.ID_NUMBER, DataType.PHONE], is_encrypted=False
    ).exists()
    assert CodeSet.objects.get(pk="sex").items.get(code="2").name == "女性"


def test_every_village_stands_under_its_town():
    load_areas()
    village = Area.objects.get(pk="310151107201")
    assert (village.short_name, village.parent.name, village.parent.parent.name) == ("沈镇村", "三星镇", "崇明区")
    assert load_departments() >= 11
