"""How far the villages are (填报进度): by town, then by village, counted from the sheets."""

from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count, Q

from apps.ledgers.models import CollectionSheet, MergePlan, SheetStatus

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
    """Every village of a plan by town, in one query."""
    finished = Q(rows__gaps=0, rows__errors=0, rows__conflicts=0, rows__unconfirmed=0, rows__isnull=False)
    sheets = (
        CollectionSheet.objects.filter(plan=plan)
        .select_related("area__parent")
        .annotate(total=Count("rows"), done=Count("rows", filter=finished))
        .order_by("area_code")
    )
    return [
        TownProgress(town, [VillageProgress(s.area.short_name, _stage(s), s.total, s.done) for s in several])
        for town, several in groupby(sheets, key=lambda sheet: sheet.area.parent.name)
    ]


@dataclass(frozen=True)
class PlanProgress:
    """一个方案的进度: villages that have handed in, of all; cells known, of all asked."""

    plan: MergePlan
    villages: int
    handed_in: int


def plan_progress(plans: list[MergePlan]) -> list[PlanProgress]:
    """The stand of several plans, in one query."""
    handed_in = Q(sheets__status__in=[SheetStatus.SUBMITTED, SheetStatus.ACCEPTED])
    counted = MergePlan.objects.filter(pk__in=[plan.pk for plan in plans]).annotate(
        villages=Count("sheets"), handed_in=Count("sheets", filter=handed_in)
    )
    return [PlanProgress(plan, plan.villages, plan.handed_in) for plan in counted.order_by("due_on", "pk")]
