"""What waits for somebody (待办): drafts to describe, plans to confirm, fields to review, sheets to check."""

from dataclasses import dataclass

from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.roles import Permission
from apps.ledgers.models import CollectionSheet, FormTemplate, MergeMember, PlanStatus, SheetStatus, TemplateStatus
from apps.ledgers.selectors import matching


@dataclass(frozen=True)
class Task:
    """一件待办: what, why, where, and the verb on its button."""

    title: str
    note: str
    url: str
    action: str


def tasks_of(user: User) -> list[Task]:
    """To-dos of a department or a reviewer, the ones others wait for first."""
    tasks = []
    if user.can(Permission.SHEET_CHECK):
        tasks += _checks(user)
    if user.can(Permission.TEMPLATE_MANAGE):
        tasks += _confirmations(user) + _drafts(user)
    if user.can(Permission.MATCH_REVIEW) and (waiting := matching.open_fields().count()):
        tasks.append(
            Task(f"{waiting} 项填报项待审核对应", "答一次，同名同语境的都用上", reverse("ledgers:review"), "去审核")
        )
    return tasks


def _checks(user: User) -> list[Task]:
    mine = CollectionSheet.objects.visible_to(user)
    sheets = mine.filter(status=SheetStatus.SUBMITTED)
    open_sheets = mine.to_do().count()
    waiting = [Task(f"{open_sheets} 份台账村居还没有提交", "本街镇", reverse("ledgers:sheets"), "看进度")]
    return [
        Task(f"审核：{sheet.plan.title}", f"{sheet.area.short_name}已提交", sheet.get_absolute_url(), "去审核")
        for sheet in sheets.select_related("plan", "area").order_by("plan__due_on", "area_code")[:20]
    ] + (waiting if open_sheets else [])


def _confirmations(user: User) -> list[Task]:
    members = MergeMember.objects.filter(
        template__department=user.department_code, confirmed_at=None, plan__status=PlanStatus.PROPOSED
    ).select_related("plan", "template")
    return [
        Task(f"确认合并：{member.plan.title}", member.template.title, member.plan.get_absolute_url(), "去确认")
        for member in members[:20]
    ]


def _drafts(user: User) -> list[Task]:
    drafts = FormTemplate.objects.visible_to(user).filter(status=TemplateStatus.DRAFT).defer("layout")
    return [
        Task(f"补充信息：{template.title}", "上传后还没有说明填报对象和截止日期", template.get_absolute_url(), "去补充")
        for template in drafts[:20]
    ]
