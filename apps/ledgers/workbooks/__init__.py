"""Excel in and out (工作簿): a department's own template read for its fields, and given back filled."""

from apps.ledgers.workbooks.building import HeadingCell, build_template
from apps.ledgers.workbooks.filling import fill_template
from apps.ledgers.workbooks.layout import TemplateColumn, TemplateLayout
from apps.ledgers.workbooks.reading import read_template
from apps.ledgers.workbooks.refusals import WorkbookRefused, check_upload

__all__ = [
    "HeadingCell",
    "TemplateColumn",
    "TemplateLayout",
    "WorkbookRefused",
    "build_template",
    "check_upload",
    "fill_template",
    "read_template",
]
