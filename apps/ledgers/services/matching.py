"""Matching fields to data elements (要素对应): the worker decides what is certain, a person answers the rest once."""

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from apps.accounts.models import User
from apps.catalog.matching import FieldText, FormText
from apps.catalog.models import DataElement, ElementAlias
from apps.catalog.selectors import build_matcher
from apps.core.errors import DomainError, Outdated
from apps.ledgers.models import Decision, FormField, FormTemplate, MatchRun, TemplateStatus
from apps.ledgers.permissions import ensure_allowed, why_not_answer
from apps.ledgers.services import merging, templates

MATCHED = ["decision", "element", "candidates", "reason", "alias", "name_norm", "context"]


def form_text(template: FormTemplate, fields: list[FormField]) -> FormText:
    return FormText(
        str(template.pk),
        template.title,
        template.department.short_name,
        tuple(FieldText(str(field.pk), field.name, field.group, field.comment) for field in fields),
    )


def run_matching(*, run_id: int) -> None:
    """Match the fields of a template (识别); all of them in one transaction, so a run done twice changes nothing."""
    run = MatchRun.claim(run_id)
    if run is None:
        return
    with transaction.atomic():
        merging.in_turn()  # an answer given or undone meanwhile is seen here, or sees these fields
        template = (
            FormTemplate.objects.select_for_update(of=("self",)).select_related("department").get(pk=run.template_id)
        )
        fields = list(template.fields.order_by("position"))
        if template.status == TemplateStatus.MATCHING:
            _match(template, fields)
            _settle(template)
        run.finish(progress_done=len(fields), progress_total=len(fields))


def _match(template: FormTemplate, fields: list[FormField]) -> None:
    matcher, form = build_matcher(), form_text(template, fields)
    answers = {(alias.name_norm, alias.context): alias for alias in ElementAlias.objects.in_force()}
    for field, match, place in zip(fields, matcher.match(form), matcher.places(form), strict=True):
        field.name_norm, field.context = place
        field.candidates = [[candidate.element, round(candidate.score, 3)] for candidate in match.candidates]
        field.reason = match.reason[:200]
        answer = answers.get(place)
        if answer:
            _apply(field, answer)
        else:
            field.decision = Decision(match.decision)
            field.element_id = match.element if field.decision == Decision.AUTO else None
    bulk_update_with_history(fields, FormField, MATCHED)


def _apply(field: FormField, answer: ElementAlias) -> None:
    field.alias = answer
    field.element_id = answer.element_id
    field.decision = Decision.CONFIRMED if answer.element_id else Decision.NONE
    field.reason = f"{answer.answered_by.name} {timezone.localtime(answer.answered_at):%Y-%m-%d} 审核"


def _settle(template: FormTemplate) -> None:
    """Move a template on once nothing of it waits for a person; it is then proposed for merging."""
    if merging.is_settled(template):
        templates.move(template, TemplateStatus.READY)
        merging.propose_merge(template=template)
    elif template.status == TemplateStatus.MATCHING:
        templates.move(template, TemplateStatus.REVIEW)


@transaction.atomic
def answer_field(*, field: FormField, element: DataElement | None, by: User) -> ElementAlias:
    """Say which element a field is, or that it is the department's own (审核对应).

    The one answer settles every open field with that name and context, and stays as an alias for the forms to come.
    """
    ensure_allowed(why_not_answer(by))
    merging.in_turn()
    field = FormField.objects.select_related("template").get(pk=field.pk)
    if field.template.status == TemplateStatus.WITHDRAWN:
        raise Outdated("这份模板已经撤回，不用再审核")
    if field.decision != Decision.REVIEW or field.template.status != TemplateStatus.REVIEW:
        raise Outdated("这一项已经有人审核过了", "刷新后看最新结果；要改就先撤销那次答复")
    alias = ElementAlias.objects.create(
        name_norm=field.name_norm, context=field.context, element=element, answered_by=by
    )
    alike = list(
        FormField.objects.select_for_update().filter(
            decision=Decision.REVIEW,
            name_norm=field.name_norm,
            context=field.context,
            template__status=TemplateStatus.REVIEW,
        )
    )
    for each in alike:
        _apply(each, alias)
    bulk_update_with_history(alike, FormField, MATCHED, default_user=by)
    for template in FormTemplate.objects.filter(pk__in={each.template_id for each in alike}):
        _settle(template)
    return alias


@transaction.atomic
def undo_answer(*, alias: ElementAlias, by: User) -> int:
    """Take an answer back (撤销答复): its fields are open again, except in forms already sent down.

    Returns how many fields are open again.
    """
    ensure_allowed(why_not_answer(by))
    merging.in_turn()
    alias = ElementAlias.objects.get(pk=alias.pk)
    if alias.withdrawn_at:
        raise Outdated("这次答复已经撤销过了")
    if alias.fields.filter(template__status=TemplateStatus.IN_USE).exists():
        raise DomainError("用到这次答复的台账已经下发，不能撤销", "在下一期模板里改正")
    fields = list(alias.fields.select_related("template").exclude(template__status=TemplateStatus.WITHDRAWN))
    for field in fields:
        field.alias = field.element = None
        field.decision = Decision.REVIEW
    bulk_update_with_history(fields, FormField, MATCHED, default_user=by)
    for template in {field.template for field in fields}:
        if template.status == TemplateStatus.READY:
            merging.leave_proposal(template=template)
            templates.move(template, TemplateStatus.REVIEW)
    alias.withdrawn_by, alias.withdrawn_at = by, timezone.now()
    alias.save()
    return len(fields)
