"""Plans as their pages show them (合并方案)."""

import hashlib
from dataclasses import dataclass
from itertools import groupby

from django.db.models import QuerySet

from apps.accounts.models import User
from apps.ledgers.models import FormField, MergePlan, PlanColumn, PlanStatus


@dataclass(frozen=True)
class PlanSummary:
    """一个方案: its departments and columns, and the items asked before and after merging."""

    plan: MergePlan
    departments: str
    columns: list["PlannedColumn"]
    before: int

    @property
    def after(self) -> int:
        return len(self.columns)

    @property
    def saved(self) -> int:
        return self.before - self.after

    @property
    def stamp(self) -> str:
        """Changes with whatever a department would agree to (方案指纹)."""
        columns = [(column.key, [field.pk for field in column.fields]) for column in self.columns]
        return hashlib.sha256(repr((self.plan.due_on, columns)).encode()).hexdigest()[:16]


def plan_summaries(user: User) -> list[PlanSummary]:
    """Plans the person sees, newest first, in three queries."""
    plans = list(MergePlan.objects.visible_to(user).exclude(status="dissolved").select_related("area")[:100])
    fields: dict[int, list[FormField]] = {}
    for field in _fields_of([plan.pk for plan in plans]):
        fields.setdefault(field.template.membership.plan_id, []).append(field)
    return [_summary(plan, fields.get(plan.pk, [])) for plan in plans]


def _fields_of(plans: list[int]) -> QuerySet[FormField]:
    return (
        FormField.objects.filter(template__membership__plan__in=plans)
        .select_related("element", "template__department", "template__membership")
        .order_by("template__membership__pk", "position")
    )


def _summary(plan: MergePlan, fields: list[FormField]) -> PlanSummary:
    names = dict.fromkeys(field.template.department.short_name for field in fields)
    return PlanSummary(plan, "、".join(names), planned_columns(fields), len(fields))


@dataclass(frozen=True)
class PlannedColumn:
    """One column of a merged sheet and the fields it answers (合并后的一列)."""

    key: str
    fields: list[FormField]

    @property
    def is_merged(self) -> bool:
        return len(self.fields) > 1

    @property
    def departments(self) -> str:
        return "、".join(dict.fromkeys(field.template.department.short_name for field in self.fields))


def planned_columns(fields: list[FormField]) -> list[PlannedColumn]:
    """The columns that answer all these fields, in the order of the forms.

    Fields of different forms with one element share a column, unless the element is the form's own (随表的项). A second
    field of one form with the same element keeps its own column: two fields of one form never merge by themselves.
    """
    columns: dict[str, PlannedColumn] = {}
    seen: set[tuple[int, str]] = set()
    for field in fields:
        key = f"field:{field.pk}"
        once = (field.template_id, field.element_id)
        if field.element and not field.element.belongs_to_form and once not in seen:
            key = field.element.pk
            seen.add(once)
        columns.setdefault(key, PlannedColumn(key, [])).fields.append(field)
    return list(columns.values())


def plan_fields(plan: MergePlan) -> list[FormField]:
    return list(_fields_of([plan.pk]))


def plan_summary(plan: MergePlan) -> PlanSummary:
    return _summary(plan, plan_fields(plan))


def plan_stamp(plan: MergePlan) -> str:
    return plan_summary(plan).stamp


@dataclass(frozen=True)
class AlreadyAsked:
    """正在填报的相同项: a plan already sent down to the same people, and the items it asks for too."""

    plan: MergePlan
    items: list[str]


def already_asked(plan: MergePlan) -> list[AlreadyAsked]:
    """Plans being filled in that ask the same people for the same (已在填报), so that nobody is asked twice unseen."""
    fields = [field for field in plan_fields(plan) if field.element and not field.element.belongs_to_form]
    columns = (
        PlanColumn.objects.filter(
            key__in={field.element_id for field in fields},
            plan__status=PlanStatus.ACTIVE,
            plan__row_subject=plan.row_subject,
            plan__population=plan.population,
        )
        .exclude(plan=plan)
        .select_related("plan")
        .order_by("plan", "position")
    )
    near = [c for c in columns if c.plan.area_id.startswith(plan.area_id) or plan.area_id.startswith(c.plan.area_id)]
    return [
        AlreadyAsked(other, [column.label for column in several])
        for other, several in groupby(near, key=lambda column: column.plan)
    ]
