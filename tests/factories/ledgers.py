"""Forms of departments and the people who work on them (台账模板与岗位), without a workbook."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from apps.accounts.models import User
from apps.accounts.roles import Role
from apps.ledgers.models import Decision, FormField, FormTemplate, TemplateFile, TemplateStatus
from apps.organizations.models import Area
from tests.factories import AreaFactory, DataElementFactory, DepartmentFactory, PostingFactory, UserFactory


def posted(role: Role, place: str) -> User:
    """Somebody with this role over an area (a code) or in a department."""
    if place.isdigit():
        return PostingFactory(role=role, area=AreaFactory(code=place)).user
    return PostingFactory(role=role, area=None, department=DepartmentFactory(code=place)).user


def clerk(department: str) -> User:
    return posted(Role.DEPARTMENT_CLERK, department)


def village(code: str) -> Area:
    """A village in its town in its district."""
    district = AreaFactory(code=code[:6])
    town = AreaFactory(code=code[:9], parent=district)
    return AreaFactory(code=code, parent=town)


class TemplateFileFactory(DjangoModelFactory):
    class Meta:
        model = TemplateFile

    name = "台账.xlsx"
    content = b""
    sha256 = ""


class TemplateFactory(DjangoModelFactory):
    class Meta:
        model = FormTemplate

    department = factory.SubFactory(DepartmentFactory)
    title = factory.Sequence("台账{}".format)
    file = factory.SubFactory(TemplateFileFactory)
    layout = factory.LazyFunction(dict)
    row_subject = "person"
    population = "all"
    area = factory.SubFactory(AreaFactory)
    period = "monthly"
    due_on = date(2026, 12, 31)
    status = TemplateStatus.READY
    created_by = factory.SubFactory(UserFactory)


class FieldFactory(DjangoModelFactory):
    class Meta:
        model = FormField

    template = factory.SubFactory(TemplateFactory)
    position = factory.Sequence(int)
    name = factory.Sequence("项{}".format)
    element = None
    decision = factory.LazyAttribute(lambda field: Decision.AUTO if field.element else Decision.NONE)


def form(department: str, *asked: str, **more) -> FormTemplate:
    """A department's form that asks for these: elements by their id, and own items by their name."""
    template = TemplateFactory(department=DepartmentFactory(code=department), **more)
    for what in asked:
        element = DataElementFactory(id=what) if "." in what else None
        FieldFactory(template=template, name=what, element=element)
    return template


def open_field(template: FormTemplate, name: str, context: str = "person") -> FormField:
    """A field that waits for the reviewer (待审核)."""
    field = FieldFactory(
        template=template, name=name, name_norm=name, context=context, decision=Decision.REVIEW, element=None
    )
    FormTemplate.objects.filter(pk=template.pk).update(status=TemplateStatus.REVIEW)
    template.refresh_from_db()
    return field
