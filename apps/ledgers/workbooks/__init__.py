"""Excel in and out (工作簿): a department's own template read for its fields, and given back filled."""

from apps.ledgers.workbooks.building import HeadingCell, build_template
from apps.ledgers.workbooks.filling import Value, fill_template
from apps.ledgers.workbooks.layout import TemplateColumn, TemplateLayout
from apps.ledgers.workbooks.reading import TemplateWorkbook, read_template
from apps.ledgers.workbooks.refusals import MOST_BYTES, WorkbookRefused, check_size

__all__ = [
    "MOST_BYTES",
    "HeadingCell",
    "TemplateColumn",
    "TemplateLayout",
    "TemplateWorkbook",
    "Value",
    "WorkbookRefused",
    "build_template",
    "check_size",
    "fill_template",
    "read_template",
]
