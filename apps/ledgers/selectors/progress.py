"""How far the villages are (填报进度): by town, then by village, counted from the sheets."""

from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count, Max

from apps.ledgers.models import FINISHED, CollectionSheet, FormTemplate, MergePlan, SheetRow, SheetStatus

STAGES = {
    "waiting": "未开始",
    "doing": "填报中",
    "returned": "退回补正",
    "submitted": "已提交",
    "accepted": "街镇已审核",
}


@dataclass(frozen=True)
class VillageProgress:
    """一个村居: where its sheet stands, rows with nothing left to do, and rows in all."""

    name: str
    stage: str
    rows: int
    done: int

    @property
    def label(self) -> str:
        return STAGES[self.stage]


@dataclass(frozen=True)
class TownProgress:
    """一个街镇 and its villages."""

    name: str
    villages: list[VillageProgress]

    @property
    def counts(self) -> list[int]:
        """Villages at each stage, in the order of `STAGES`."""
        return [sum(village.stage == stage for village in self.villages) for stage in STAGES]

    @property
    def handed_in(self) -> int:
        return sum(village.stage in ("submitted", "accepted") for village in self.villages)


def _stage(sheet: CollectionSheet) -> str:
    if sheet.status == SheetStatus.OPEN:
        return "doing" if sheet.started_at else "waiting"
    return sheet.status


def town_progress(plan: MergePlan) -> list[TownProgress]:
    """Every village of a plan by town, in two queries; rows are counted on the index of finished ones alone."""
    sheets = CollectionSheet.objects.filter(plan=plan).select_related("area__parent").order_by("area_code")
    finished = SheetRow.objects.filter(FINISHED, sheet__plan=plan).order_by().values_list("sheet")
    done = dict(finished.annotate(Count("pk")))
    return [
        TownProgress(
            town, [VillageProgress(s.area.short_name, _stage(s), s.total or 0, done.get(s.pk, 0)) for s in several]
        )
        for town, several in groupby(
            sheets.annotate(total=Max("figures__rows")), key=lambda sheet: sheet.area.parent.name
        )
    ]


@dataclass(frozen=True)
class HandedIn:
    """已提交的村居: how many of all have handed in, and how many of those the town has checked."""

    villages: int
    submitted: int
    accepted: int


def handed_in(template: FormTemplate) -> HandedIn:
    """Where the villages stand with a department's form, so that it knows what a download holds."""
    counts = Counter(
        CollectionSheet.objects.filter(plan__members__template=template).order_by().values_list("status", flat=True)
    )
    accepted = counts[SheetStatus.ACCEPTED]
    return HandedIn(counts.total(), counts[SheetStatus.SUBMITTED] + accepted, accepted)
