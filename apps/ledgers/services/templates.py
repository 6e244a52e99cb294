"""A department's form comes in (模板上传)."""

import hashlib
from collections.abc import Collection
from datetime import date
from pathlib import PurePath

from django.db import transaction
from simple_history.utils import bulk_update_with_history

from apps.accounts.models import User
from apps.core.background import enqueue
from apps.core.errors import InvalidTransition
from apps.ledgers.models import FormField, FormTemplate, MatchRun, TemplateFile, TemplateStatus
from apps.ledgers.permissions import (
    ensure_allowed,
    why_not_describe,
    why_not_manage_templates,
    why_not_match_again,
)
from apps.ledgers.workbooks import TemplateWorkbook
from apps.organizations.models import Area


def upload_template(*, content: bytes, filename: str, by: User) -> FormTemplate:
    """Read a workbook and keep it (上传模板); one that cannot be read leaves nothing behind."""
    ensure_allowed(why_not_manage_templates(by))
    return keep_template(workbook=TemplateWorkbook.read(content, filename), by=by)


@transaction.atomic
def keep_template(*, workbook: TemplateWorkbook, by: User) -> FormTemplate:
    """Keep a workbook that was read, with its fields (保存模板)."""
    ensure_allowed(why_not_manage_templates(by))
    layout, name = workbook.layout, PurePath(workbook.filename)
    file = TemplateFile.objects.create(
        name=name.name[-200:], content=workbook.content, sha256=hashlib.sha256(workbook.content).hexdigest()
    )
    template = FormTemplate.objects.create(
        department_id=by.department_code,
        title=(layout.title or name.stem)[:120],
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
    required: Collection[int],
    by: User,
) -> MatchRun:
    """Say what the workbook cannot (补充信息): subject, population, due date; a worker then matches its fields.

    `required` are the ids of the fields that must not stay empty (必填).
    """
    template = FormTemplate.objects.select_for_update().get(pk=template.pk)
    ensure_allowed(why_not_describe(by, template))
    template.title, template.row_subject, template.population = title, row_subject, population
    template.area, template.period, template.due_on, template.legal_basis = area, period, due_on, legal_basis
    changed = [field for field in template.fields.all() if field.is_required != (field.pk in required)]
    for field in changed:
        field.is_required = not field.is_required
    bulk_update_with_history(changed, FormField, ["is_required"], default_user=by)
    move(template, TemplateStatus.MATCHING)
    run = MatchRun.objects.create(template=template)
    enqueue(run)
    return run


@transaction.atomic
def match_again(*, template: FormTemplate, by: User) -> MatchRun:
    """Have a worker try once more after it gave up (重新识别)."""
    template = FormTemplate.objects.select_for_update().get(pk=template.pk)
    ensure_allowed(why_not_match_again(by, template))
    run = MatchRun.objects.create(template=template)
    enqueue(run)
    return run


def move(template: FormTemplate, to: TemplateStatus) -> None:
    """Move a template along its table (流转); every change of status passes here."""
    if to not in FormTemplate.TRANSITIONS[TemplateStatus(template.status)]:
        raise InvalidTransition(f"“{template.get_status_display()}”的模板不能转为“{to.label}”")
    template.status = to
    template.save()
