"""Merging (要素合并): templates that ask the same people for the same things are asked once. 工作方案二(四)三."""

from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import InvalidTransition, Outdated
from apps.ledgers.models import (
    Decision,
    FormField,
    FormTemplate,
    MergeMember,
    MergePlan,
    PlanColumn,
    PlanStatus,
    PrefillRun,
    TemplateStatus,
)
from apps.ledgers.permissions import (
    ensure_allowed,
    why_not_change_template,
    why_not_confirm_merge,
    why_not_prefill_again,
)
from apps.ledgers.selectors.plans import plan_fields, plan_stamp, planned_columns
from apps.ledgers.services import prefilling, templates


def in_turn() -> None:
    """Wait until nobody else changes answers or proposals (逐个办理), and hold that until the transaction ends.

    Matching, answering, undoing, confirming and leaving each read several forms and plans and then write them. They
    are few, so one lock for all, taken before any row, costs nothing and leaves no order in which two could meet.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ledgers.proposals'))")


@transaction.atomic
def propose_merge(*, template: FormTemplate) -> MergePlan:
    """Put a template that is understood into a plan (提出合并).

    It joins the open proposal with the same subject, population, area and period that it shares an element with;
    those who confirmed there are asked again, for what they agreed to has changed. Otherwise it gets its own.
    """
    in_turn()  # two templates matched at the same moment must see each other
    alike = {
        "row_subject": template.row_subject,
        "population": template.population,
        "area": template.area,
        "period": template.period,
    }
    plan = (
        MergePlan.objects.select_for_update(of=("self",))
        .filter(status=PlanStatus.PROPOSED, pk__in=_plans_sharing(template), **alike)
        .order_by("pk")
        .first()
    )
    if plan is None:
        plan = MergePlan.objects.create(title=template.title, due_on=template.due_on, **alike)
    MergeMember.objects.create(plan=plan, template=template)
    _changed(plan)
    return plan


def _plans_sharing(template: FormTemplate) -> list[int]:
    """Open proposals that ask for something this template asks for too; a form's own items say nothing (随表的项)."""
    fields = template.fields.exclude(element=None).select_related("element")
    elements = {field.element_id for field in fields if not field.element.belongs_to_form}
    sharing = FormField.objects.filter(element__in=elements, template__membership__plan__status=PlanStatus.PROPOSED)
    return list(sharing.values_list("template__membership__plan_id", flat=True).distinct())


def _changed(plan: MergePlan) -> None:
    """Somebody came or left (成员有变): named and due anew; who confirmed is asked again."""
    _ask_again(plan)
    templates_in = list(plan.members.order_by("pk").values_list("template__title", "template__due_on"))
    plan.title = "、".join(title for title, _ in templates_in)[:200]
    plan.due_on = min(due_on for _, due_on in templates_in)
    plan.save()


def _ask_again(plan: MergePlan) -> None:
    """Those who confirmed are asked anew: what they agreed to has changed (重新确认)."""
    for member in plan.members.exclude(confirmed_at=None):
        member.confirmed_at = member.confirmed_by = None
        member.save()


@transaction.atomic
def confirm_merge(*, member: MergeMember, by: User, seen: str | None = None) -> MergePlan:
    """A department agrees (确认合并); with the last one the plan is sent down to the villages.

    `seen` is the stamp of the plan the person had before them: nobody agrees to what they have not seen.
    """
    plan, member = _in_proposal(member)
    ensure_allowed(why_not_confirm_merge(by, member))
    if seen is not None and seen != plan_stamp(plan):
        raise Outdated("合并方案刚刚有变动，还没有确认", "请看过现在的列和部门，再确认")
    if member.confirmed_at is None:
        member.confirmed_by, member.confirmed_at = by, timezone.now()
        member.save()
    if not plan.members.filter(confirmed_at=None).exists():
        _activate(plan)
    return plan


def _in_proposal(member: MergeMember) -> tuple[MergePlan, MergeMember]:
    """The plan and the member as they are now, held; Outdated when the template left that plan meanwhile."""
    in_turn()
    plan = MergePlan.objects.select_for_update().get(pk=member.plan_id)
    found = plan.members.select_for_update(of=("self",)).select_related("template__department").filter(pk=member.pk)
    now = found.first()
    if now is None:
        raise Outdated("这份模板刚刚离开了这个合并方案", "请回到要素合并，看它现在的方案")
    now.plan = plan
    return plan, now


@transaction.atomic
def keep_apart(*, member: MergeMember, by: User) -> MergePlan:
    """A department keeps its form to itself (保持分开): the template leaves for a plan of its own."""
    plan, member = _in_proposal(member)
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
    member.confirmed_by = member.confirmed_at = None
    member.save()
    _changed(plan)
    return member.plan


@transaction.atomic
def withdraw_template(*, template: FormTemplate, by: User) -> None:
    """Take a form back before it is sent down (撤回模板); it leaves the proposal it stands in."""
    in_turn()
    template = FormTemplate.objects.select_for_update().get(pk=template.pk)
    ensure_allowed(why_not_change_template(by, template))
    leave_proposal(template=template)
    templates.move(template, TemplateStatus.WITHDRAWN)


@transaction.atomic
def leave_proposal(*, template: FormTemplate) -> None:
    """Take a template out of a proposal, because what it asks is open again (退出方案)."""
    in_turn()
    member = MergeMember.objects.select_related("plan").filter(template=template).first()
    if member is None:
        return
    plan = member.plan
    member.delete()
    if plan.members.exists():
        _changed(plan)
    else:
        _move(plan, PlanStatus.DISSOLVED)


def _move(plan: MergePlan, to: PlanStatus) -> None:
    """Move a plan along its table (流转); every change of status passes here."""
    if to not in MergePlan.TRANSITIONS[PlanStatus(plan.status)]:
        raise InvalidTransition(f"方案{plan.get_status_display()}，不能转为“{to.label}”")
    plan.status = to
    plan.save()


def _activate(plan: MergePlan) -> None:
    """Fix the columns, put the templates to use, and have a worker prefill the sheets (下发)."""
    plan.activated_at = timezone.now()
    _move(plan, PlanStatus.ACTIVE)
    used: list[FormField] = []
    for position, planned in enumerate(planned_columns(plan_fields(plan))):
        first = planned.fields[0]
        options: list[str] = next((field.options for field in planned.fields if field.options), [])
        column = PlanColumn.objects.create(
            plan=plan,
            position=position,
            key=planned.key,
            element=first.element,
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
    prefilling.start_prefill(plan=plan)


@transaction.atomic
def prefill_again(*, plan: MergePlan, by: User) -> PrefillRun:
    """Have a worker go on with the sheets after it gave up (继续下发); what was made stays."""
    plan = MergePlan.objects.select_for_update().get(pk=plan.pk)
    ensure_allowed(why_not_prefill_again(by, plan))
    return prefilling.start_prefill(plan=plan)


def is_settled(template: FormTemplate) -> bool:
    """Whether every field of the template has its answer (已全部对应)."""
    return not template.fields.filter(decision__in=[Decision.WAITING, Decision.REVIEW]).exists()
