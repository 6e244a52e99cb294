"""A department's form comes in (模板上传)."""

import hashlib
from datetime import date
from pathlib import PurePath

from django.db import transaction

from apps.accounts.models import User
from apps.core.background import enqueue
from apps.core.errors import DomainError, InvalidTransition
from apps.ledgers.models import FormField, FormTemplate, MatchRun, TemplateFile, TemplateStatus
from apps.ledgers.permissions import ensure_allowed, why_not_change_template, why_not_manage_templates
from apps.ledgers.workbooks import read_template
from apps.organizations.models import Area


@transaction.atomic
def upload_template(*, content: bytes, filename: str, by: User) -> FormTemplate:
    """Read the workbook and keep it with its fields (上传模板); one that cannot be read leaves nothing behind."""
    ensure_allowed(why_not_manage_templates(by))
    layout = read_template(content, filename)
    file = TemplateFile.objects.create(
        name=PurePath(filename).name[:200], content=content, sha256=hashlib.sha256(content).hexdigest()
    )
    template = FormTemplate.objects.create(
        department_id=by.department_code,
        title=(layout.title or PurePath(filename).stem)[:120],
        file=file,
        layout=layout.to_json(),
        created_by=by,
    )
    FormField.objects.bulk_create(
        FormField(
            template=template,
            position=position,
            name=column.name,
            group=column.group,
            comment=column.comment,
            options=list(column.options),
            is_required=column.required,
        )
        for position, column in enumerate(layout.columns)
    )
    return template


@transaction.atomic
def describe_template(
    *,
    template: FormTemplate,
    title: str,
    row_subject: str,
    population: str,
    area: Area,
    period: str,
    due_on: date,
    legal_basis: str,
    by: User,
) -> MatchRun:
    """Say what the workbook cannot (补充信息): subject, population, due date; a worker then matches its fields."""
    template = FormTemplate.objects.select_for_update().get(pk=template.pk)
    ensure_allowed(why_not_change_template(by, template))
    if template.status != TemplateStatus.DRAFT:
        raise InvalidTransition("这份模板的信息已经补充过")
    template.title, template.row_subject, template.population = title, row_subject, population
    template.area, template.period, template.due_on, template.legal_basis = area, period, due_on, legal_basis
    move(template, TemplateStatus.MATCHING)
    run = MatchRun.objects.create(template=template)
    enqueue(run)
    return run


@transaction.atomic
def withdraw_template(*, template: FormTemplate, by: User) -> None:
    """Take a form back before it is sent down (撤回模板)."""
    template = FormTemplate.objects.select_for_update().get(pk=template.pk)
    ensure_allowed(why_not_change_template(by, template))
    if hasattr(template, "membership"):
        raise DomainError("模板已在合并方案里", "先在方案中选择“保持分开”，再撤回")
    move(template, TemplateStatus.WITHDRAWN)


def move(template: FormTemplate, to: TemplateStatus) -> None:
    """Move a template along its table (流转); every change of status passes here."""
    if to not in FormTemplate.TRANSITIONS[TemplateStatus(template.status)]:
        raise InvalidTransition(f"“{template.get_status_display()}”的模板不能转为“{to.label}”")
    template.status = to
    template.save()
