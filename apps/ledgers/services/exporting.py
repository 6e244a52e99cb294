"""Fan-out (分发): each department gets its own template, in its own layout, columns and order, filled."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.catalog.models import CodeItem, DataType
from apps.core import crypto
from apps.core.background import enqueue
from apps.core.errors import DomainError
from apps.core.models import RunStatus
from apps.ledgers.models import ExportRun, FormTemplate, PlanColumn, SheetRow, SheetStatus
from apps.ledgers.permissions import ensure_allowed, why_not_download
from apps.ledgers.workbooks import TemplateLayout, Value, fill_template

ROWS_A_BEAT = 2000
NUMBERS = {DataType.INTEGER, DataType.NUMBER, DataType.MONEY}
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,13})(\.\d{1,8})?")  # Excel keeps fifteen digits; zeros in front are text
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
HANDED_IN = [SheetStatus.SUBMITTED, SheetStatus.ACCEPTED]


@transaction.atomic
def request_export(*, template: FormTemplate, by: User) -> ExportRun:
    """Ask a worker for the department's template filled from the sheets handed in (下载台账).

    Whoever asks again while the worker is at it waits for the same file.
    """
    template = FormTemplate.objects.select_for_update(of=("self",)).get(pk=template.pk)
    ensure_allowed(why_not_download(by, template))
    waiting = template.export_runs.filter(requested_by=by, status__in=[RunStatus.QUEUED, RunStatus.RUNNING])
    if run := waiting.defer("content").first():
        return run
    run = ExportRun.objects.create(template=template, area_prefix=template.area_id, requested_by=by)
    enqueue(run)
    return run


def run_export(*, run_id: int) -> None:
    """Fill the template (导出); a run taken over from a worker that died is made again from the start."""
    run = ExportRun.claim(run_id)
    if run:
        fill_claimed(run=run)


def drop_old_files() -> int:
    """Empty the files of exports past their days (清理旧文件); the run stays as the record of who took what when."""
    old = ExportRun.objects.filter(finished_at__lt=timezone.now() - ExportRun.KEPT).exclude(content=None)
    return old.update(content=None)


def fill_claimed(*, run: ExportRun) -> None:
    """Fill the template with what was handed in when the run began (填入模板).

    The file and the end of the run are written at once, so none is ever half there. A worker that was thought dead
    and taken over from comes too late, and its file is dropped.
    """
    template = FormTemplate.objects.select_related("file").get(pk=run.template_id)
    rows = handed_in_rows(template, run.area_prefix)
    run.beat(0, total=rows.count())
    counted = _Counted(run, filled_rows(template, rows))
    try:
        content = fill_template(bytes(template.file.content), TemplateLayout.from_json(template.layout), counted)
    except DomainError as error:
        run.fail(str(error))
        return
    run.finish(content=content, rows=counted.done, progress_done=counted.done, progress_total=counted.done)


class _Counted:
    """Rows on their way into the file, counted; now and then the run says how far it is (进度)."""

    def __init__(self, run: ExportRun, rows: Iterator[list[Value]]) -> None:
        self.run, self.rows, self.done = run, rows, 0

    def __iter__(self) -> Iterator[list[Value]]:
        for row in self.rows:
            yield row
            self.done += 1
            if self.done % ROWS_A_BEAT == 0:
                self.run.beat(self.done)


def handed_in_rows(template: FormTemplate, area_prefix: str) -> QuerySet[SheetRow]:
    """Rows of the sheets that villages have handed in (已提交的行), village by village in their order."""
    return SheetRow.objects.filter(
        sheet__plan__members__template=template,
        sheet__status__in=HANDED_IN,
        sheet__area_code__startswith=area_prefix,
    ).order_by("sheet__area_code", "ordinal", "pk")


def filled_rows(template: FormTemplate, rows: QuerySet[SheetRow]) -> Iterator[list[Value]]:
    """The template's own fields, in its order, for these rows; nothing of another department's own fields."""
    fields = list(template.fields.select_related("column__element").order_by("position"))
    sets = {field.column.element.code_set_id for field in fields if field.column and field.column.element}
    names = {(item.code_set_id, item.code): item.name for item in CodeItem.objects.filter(code_set__in=sets - {None})}
    for cells in rows.values_list("cells", flat=True).iterator(chunk_size=500):
        yield [_written(field.column, cells, names) for field in fields]


def _written(column: PlanColumn | None, cells: dict, names: dict[tuple[str, str], str]) -> Value:
    """One value as the department reads it: opened, a code by its name, a date as a date, a number as a number."""
    value = cells.get(column.key, {}).get("v", "") if column else ""
    if not value or not column:
        return None
    element = column.element
    if element and element.is_encrypted:
        return crypto.decrypt(column.key, value)
    if element and element.code_set_id:
        return names.get((element.code_set_id, value), value)
    if column.data_type == DataType.DATE:
        return _date(value)
    if column.data_type in NUMBERS and _NUMBER.fullmatch(value):
        return Decimal(value)
    return value


def _date(value: str) -> date | str:
    """A whole day as a date; what is only a year or a month, or was typed wrong, as it stands."""
    try:
        return date.fromisoformat(value) if _DATE.fullmatch(value) else value
    except ValueError:
        return value
