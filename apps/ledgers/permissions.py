"""Why somebody may not (为什么不能办): one sentence a refusal, or None; asked by services, pages and the API alike."""

from apps.accounts.models import User
from apps.accounts.roles import Permission
from apps.core.errors import NotAllowed
from apps.core.models import RunStatus
from apps.ledgers.models import (
    CollectionSheet,
    FormTemplate,
    MergeMember,
    MergePlan,
    PlanStatus,
    SheetStatus,
    TemplateStatus,
)


def ensure_allowed(reason: str | None) -> None:
    """Raise the sentence as a refusal when there is one."""
    if reason:
        raise NotAllowed(reason)


def why_not_manage_templates(user: User) -> str | None:
    if not user.can(Permission.TEMPLATE_MANAGE):
        return "只有部门填报管理员可以管理台账模板"
    return None


def why_not_change_template(user: User, template: FormTemplate) -> str | None:
    """Why the user may not describe or withdraw the template (修改模板)."""
    if reason := why_not_manage_templates(user):
        return reason
    if template.department_id != user.department_code:
        return "这是其他部门的模板"
    if template.status in (TemplateStatus.IN_USE, TemplateStatus.WITHDRAWN):
        return f"模板{template.get_status_display()}，不能再改"
    return None


def why_not_describe(user: User, template: FormTemplate) -> str | None:
    """Why the user may not say what the workbook cannot (补充信息)."""
    if reason := why_not_change_template(user, template):
        return reason
    if template.status != TemplateStatus.DRAFT:
        return f"这份模板的信息已经补充过，{template.get_status_display()}"
    return None


def why_not_match_again(user: User, template: FormTemplate) -> str | None:
    """Why the user may not have the fields matched again (重新识别): only what a worker gave up is tried again."""
    if reason := why_not_change_template(user, template):
        return reason
    if template.status != TemplateStatus.MATCHING:
        return f"模板{template.get_status_display()}，不用再识别"
    run = template.match_runs.first()
    if run and run.status != RunStatus.FAILED:
        return "识别还在进行，请等它完成"
    return None


def why_not_answer(user: User) -> str | None:
    """Why the user may not say which element a field is (审核对应)."""
    if not user.can(Permission.MATCH_REVIEW):
        return "只有合并审核员和大数据中心可以审核对应"
    return None


def why_not_confirm_merge(user: User, member: MergeMember) -> str | None:
    """Why the user may not confirm the merge for this template's department (确认合并)."""
    if not user.can(Permission.TEMPLATE_MANAGE):
        return "只有部门填报管理员可以确认合并"
    if member.template.department_id != user.department_code:
        return f"由{member.template.department.short_name}确认"
    if member.plan.status != PlanStatus.PROPOSED:
        return f"方案{member.plan.get_status_display()}，不用再确认"
    return None


def why_not_prefill_again(user: User, plan: MergePlan) -> str | None:
    """Why the user may not have the sheets made again (重新下发): only what a worker gave up is tried again."""
    if not MergePlan.objects.visible_to(user).filter(pk=plan.pk).exists():
        return "由参与的部门或合并审核员重试"
    if plan.status != PlanStatus.ACTIVE:
        return f"方案{plan.get_status_display()}，不能重新下发"
    run = plan.prefill_runs.first()
    if run and run.status != RunStatus.FAILED:
        return "下发已完成，不用重试" if run.status == RunStatus.DONE else "下发还在进行，请等它完成"
    return None


def why_not_fill(user: User, sheet: CollectionSheet) -> str | None:
    """Why the user may not write in the sheet (填报)."""
    if not user.can(Permission.SHEET_FILL) or not sheet.area_code.startswith(user.area_code or "-"):
        return "只有本村居的填报员可以填写这份台账"
    if sheet.status not in (SheetStatus.OPEN, SheetStatus.RETURNED):
        return "这份台账已提交，不能再改"
    return None


def why_not_check(user: User, sheet: CollectionSheet) -> str | None:
    """Why the user may not accept or return the sheet (街镇审核)."""
    if not user.can(Permission.SHEET_CHECK) or not sheet.area_code.startswith(user.area_code or "-"):
        return "由本街镇的管理员审核"
    if sheet.status != SheetStatus.SUBMITTED:
        return f"台账{sheet.get_status_display()}，现在不用审核"
    if sheet.submissions.filter(submitted_by=user, verdict="").exists():
        return "不能审核本人提交的台账。请由本街镇其他人审核"
    return None


def why_not_download(user: User, template: FormTemplate) -> str | None:
    """Why the user may not download the filled template (下载本部门台账)."""
    if not user.can(Permission.TEMPLATE_DOWNLOAD) or template.department_id != user.department_code:
        return "只能下载本部门的台账"
    if template.status != TemplateStatus.IN_USE:
        return "台账还没有下发，没有可下载的内容"
    return None
