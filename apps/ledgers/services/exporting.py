"""Fan-out (分发): each department gets its own template, in its own layout, columns and order, filled."""

from collections.abc import Iterator

from django.db import transaction

from apps.accounts.models import User
from apps.catalog.models import CodeItem
from apps.core import crypto
from apps.core.background import enqueue
from apps.ledgers.models import ExportRun, FormField, FormTemplate, SheetRow, SheetStatus
from apps.ledgers.permissions import ensure_allowed, why_not_download
from apps.ledgers.workbooks import TemplateLayout, fill_template

HANDED_IN = [SheetStatus.SUBMITTED, SheetStatus.ACCEPTED]


@transaction.atomic
def request_export(*, template: FormTemplate, by: User) -> ExportRun:
    """Ask a worker for the department's template filled from the sheets handed in (下载台账)."""
    ensure_allowed(why_not_download(by, template))
    run = ExportRun.objects.create(template=template, area_prefix=template.area_id, requested_by=by)
    enqueue(run)
    return run


def run_export(*, run_id: int) -> None:
    """Fill the template (导出); the file stands in the run, so a second run only makes it again."""
    run = ExportRun.claim(run_id)
    if run is None:
        return
    template = FormTemplate.objects.select_related("file").get(pk=run.template_id)
    rows = list(filled_rows(template, run.area_prefix))
    run.beat(len(rows), total=len(rows))
    content = fill_template(bytes(template.file.content), TemplateLayout.from_json(template.layout), rows)
    run.finish(content=content, rows=len(rows))


def filled_rows(template: FormTemplate, area_prefix: str) -> Iterator[list[str]]:
    """The template's own fields, in its order, for every row handed in; nothing of another department's own fields."""
    fields = list(template.fields.filter(column__isnull=False).select_related("column__element").order_by("position"))
    sets = {field.column.element.code_set_id for field in fields if field.column.element}
    names = {(item.code_set_id, item.code): item.name for item in CodeItem.objects.filter(code_set__in=sets - {None})}
    rows = SheetRow.objects.filter(
        sheet__plan__members__template=template,
        sheet__status__in=HANDED_IN,
        sheet__area_code__startswith=area_prefix,
    ).order_by("sheet__area_code", "ordinal", "pk")
    for cells in rows.values_list("cells", flat=True).iterator(chunk_size=500):
        yield [_written(field, cells, names) for field in fields]


def _written(field: FormField, cells: dict, names: dict[tuple[str, str], str]) -> str:
    """One value as the department reads it: opened, and a code by its name."""
    column = field.column
    value = cells.get(column.key, {}).get("v", "")
    if value and column.element and column.element.is_encrypted:
        return crypto.decrypt(column.key, value)
    if value and column.element and column.element.code_set_id:
        return names.get((column.element.code_set_id, value), value)
    return value
