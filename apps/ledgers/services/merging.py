"""Merging (要素合并): templates that ask the same people for the same things are asked once. 工作方案二(四)三."""

from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import InvalidTransition
from apps.ledgers.models import (
    Decision,
    FormField,
    FormTemplate,
    MergeMember,
    MergePlan,
    PlanColumn,
    PlanStatus,
    TemplateStatus,
)
from apps.ledgers.permissions import ensure_allowed, why_not_change_template, why_not_confirm_merge
from apps.ledgers.selectors.plans import plan_fields, planned_columns
from apps.ledgers.services import prefilling, templates


@transaction.atomic
def propose_merge(*, template: FormTemplate) -> MergePlan:
    """Put a template that is understood into a plan (提出合并).

    It joins the open proposal with the same subject, population, area and period that it shares an element with;
    those who confirmed there are asked again, for what they agreed to has changed. Otherwise it gets its own.
    """
    with connection.cursor() as cursor:  # two templates matched at the same moment must see each other
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ledgers.propose_merge'))")
    elements = set(template.fields.exclude(element=None).values_list("element_id", flat=True))
    alike = {
        "row_subject": template.row_subject,
        "population": template.population,
        "area": template.area,
        "period": template.period,
    }
    plan = (
        MergePlan.objects.select_for_update(of=("self",))
        .filter(status=PlanStatus.PROPOSED, pk__in=_plans_sharing(elements), **alike)
        .order_by("pk")
        .first()
    )
    if plan is None:
        plan = MergePlan.objects.create(title=template.title, due_on=template.due_on, **alike)
    else:
        plan.due_on = min(plan.due_on, template.due_on)
        _ask_again(plan)
    MergeMember.objects.create(plan=plan, template=template)
    _name(plan)
    return plan


def _plans_sharing(elements: set[str]) -> list[int]:
    fields = FormField.objects.filter(element_id__in=elements, template__membership__plan__status=PlanStatus.PROPOSED)
    return list(fields.values_list("template__membership__plan_id", flat=True).distinct())


def _ask_again(plan: MergePlan) -> None:
    """Those who confirmed are asked anew: what they agreed to has changed (重新确认)."""
    for member in plan.members.exclude(confirmed_at=None):
        member.confirmed_at = member.confirmed_by = None
        member.save()


def _name(plan: MergePlan) -> None:
    titles = list(plan.members.order_by("pk").values_list("template__title", flat=True))
    plan.title = "、".join(titles)[:200]
    plan.save()


@transaction.atomic
def confirm_merge(*, member: MergeMember, by: User) -> MergePlan:
    """A department agrees (确认合并); with the last one the plan is sent down to the villages."""
    plan = MergePlan.objects.select_for_update().get(pk=member.plan_id)
    member = MergeMember.objects.select_for_update().get(pk=member.pk, plan=plan)
    ensure_allowed(why_not_confirm_merge(by, member))
    if member.confirmed_at is None:
        member.confirmed_by, member.confirmed_at = by, timezone.now()
        member.save()
    if not plan.members.filter(confirmed_at=None).exists():
        _activate(plan)
    return plan


@transaction.atomic
def keep_apart(*, member: MergeMember, by: User) -> MergePlan:
    """A department keeps its form to itself (保持分开): the template leaves for a plan of its own."""
    plan = MergePlan.objects.select_for_update().get(pk=member.plan_id)
    member = MergeMember.objects.select_for_update().get(pk=member.pk, plan=plan)
    ensure_allowed(why_not_confirm_merge(by, member))
    if plan.members.count() == 1:
        raise InvalidTransition("方案里只有这一份模板，不用分开")
    template = member.template
    member.plan = MergePlan.objects.create(
        title=template.title,
        row_subject=template.row_subject,
        population=template.population,
        area=template.area,
        period=template.period,
        due_on=template.due_on,
    )
    member.save()
    _ask_again(plan)
    _name(plan)
    return member.plan


@transaction.atomic
def withdraw_template(*, template: FormTemplate, by: User) -> None:
    """Take a form back before it is sent down (撤回模板); it leaves the proposal it stands in."""
    template = FormTemplate.objects.select_for_update().get(pk=template.pk)
    ensure_allowed(why_not_change_template(by, template))
    leave_proposal(template=template)
    templates.move(template, TemplateStatus.WITHDRAWN)


@transaction.atomic
def leave_proposal(*, template: FormTemplate) -> None:
    """Take a template out of a proposal, because what it asks is open again (退出方案)."""
    member = MergeMember.objects.select_related("plan").filter(template=template).first()
    if member is None:
        return
    plan = member.plan
    member.delete()
    if plan.members.exists():
        _ask_again(plan)
        _name(plan)
    else:
        plan.status = PlanStatus.DISSOLVED
        plan.save()


def _activate(plan: MergePlan) -> None:
    """Fix the columns, put the templates to use, and have a worker prefill the sheets (下发)."""
    used: list[FormField] = []
    for position, planned in enumerate(planned_columns(plan_fields(plan))):
        first = planned.fields[0]
        options: list[str] = next((field.options for field in planned.fields if field.options), [])
        column = PlanColumn.objects.create(
            plan=plan,
            position=position,
            key=planned.key,
            element=first.element if not planned.key.startswith("field:") else None,
            label=first.name,
            group=first.group,
            data_type=first.element.data_type if first.element else ("choice" if options else "text"),
            options=options,
            is_required=any(field.is_required for field in planned.fields),
        )
        for field in planned.fields:
            field.column = column
            used.append(field)
    FormField.objects.bulk_update(used, ["column"])
    for member in plan.members.select_related("template"):
        templates.move(member.template, TemplateStatus.IN_USE)
    if PlanStatus.ACTIVE not in MergePlan.TRANSITIONS[PlanStatus(plan.status)]:
        raise InvalidTransition(f"方案{plan.get_status_display()}，不能下发")
    plan.status, plan.activated_at = PlanStatus.ACTIVE, timezone.now()
    plan.save()
    prefilling.start_prefill(plan=plan)


def is_settled(template: FormTemplate) -> bool:
    """Whether every field of the template has its answer (已全部对应)."""
    return not template.fields.filter(decision__in=[Decision.WAITING, Decision.REVIEW]).exists()
