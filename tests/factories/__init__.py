"""Rows for tests (测试数据)."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from apps.accounts.models import Posting, User
from apps.accounts.roles import Role
from apps.catalog.models import DataElement
from apps.collection.models import Person
from apps.ledgers.models import MergePlan, PlanColumn, RowSubject
from apps.organizations.models import Area, AreaLevel, Department

LEVELS = {6: AreaLevel.DISTRICT, 9: AreaLevel.TOWN, 12: AreaLevel.VILLAGE, 15: AreaLevel.GRID}


class AreaFactory(DjangoModelFactory):
    class Meta:
        model = Area
        django_get_or_create = ["code"]

    code = "310151"
    name = factory.LazyAttribute(lambda area: f"区域{area.code}")
    level = factory.LazyAttribute(lambda area: LEVELS[len(area.code)])


class DepartmentFactory(DjangoModelFactory):
    class Meta:
        model = Department
        django_get_or_create = ["code"]

    code = "civil-affairs"
    name = factory.LazyAttribute(lambda department: f"部门{department.code}")
    short_name = factory.SelfAttribute("name")


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence("user{}".format)
    name = factory.Sequence("人员{}".format)


def _served(area):
    """Code of an area of the level the posting's role serves."""
    codes = {Role.TOWN_ADMIN: "310151101", Role.GRID_LEADER: "310151101201001"}
    return codes.get(area.factory_parent.role, "310151101201")


class PostingFactory(DjangoModelFactory):
    class Meta:
        model = Posting

    user = factory.SubFactory(UserFactory)
    role = Role.VILLAGE_CADRE
    area = factory.SubFactory(AreaFactory, code=factory.LazyAttribute(_served))
    valid_from = date(2026, 1, 1)


class PlanFactory(DjangoModelFactory):
    class Meta:
        model = MergePlan

    title = "老年人关爱服务台账"
    row_subject = RowSubject.PERSON
    population = "all"
    area = factory.SubFactory(AreaFactory)
    period = "monthly"
    due_on = date(2026, 12, 31)


class DataElementFactory(DjangoModelFactory):
    class Meta:
        model = DataElement
        django_get_or_create = ["id"]

    id = "person.name"
    name = factory.SelfAttribute("id")
    data_type = "text"
    subject = "person"
    sensitivity = "personal"
    grade = "L2"


class PlanColumnFactory(DjangoModelFactory):
    class Meta:
        model = PlanColumn

    plan = factory.SubFactory(PlanFactory)
    position = factory.Sequence(int)
    key = "person.name"
    element = factory.SubFactory(DataElementFactory, id=factory.SelfAttribute("..key"))
    label = factory.SelfAttribute("key")
    data_type = "text"


class PersonFactory(DjangoModelFactory):
    class Meta:
        model = Person

    area_code = "310151101201"
    name = factory.Sequence("居民{}".format)
    as_of = date(2026, 8, 30)
