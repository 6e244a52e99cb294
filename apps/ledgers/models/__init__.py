"""Ledgers and reports (台账报表): templates, merging, sheets, and the runs that work on them."""

from apps.ledgers.models.plans import MergeMember, MergePlan, PlanColumn, PlanStatus
from apps.ledgers.models.runs import ExportRun, MatchRun, PrefillRun
from apps.ledgers.models.sheets import (
    FINISHED,
    CellEdit,
    CellState,
    CollectionSheet,
    SheetFigure,
    SheetRow,
    SheetStatus,
    Submission,
    Verdict,
)
from apps.ledgers.models.templates import (
    Decision,
    FormField,
    FormTemplate,
    Period,
    RowSubject,
    TemplateFile,
    TemplateStatus,
)

__all__ = [
    "FINISHED",
    "CellEdit",
    "CellState",
    "CollectionSheet",
    "Decision",
    "ExportRun",
    "FormField",
    "FormTemplate",
    "MatchRun",
    "MergeMember",
    "MergePlan",
    "Period",
    "PlanColumn",
    "PlanStatus",
    "PrefillRun",
    "RowSubject",
    "SheetFigure",
    "SheetRow",
    "SheetStatus",
    "Submission",
    "TemplateFile",
    "TemplateStatus",
    "Verdict",
]
