"""Work of the background (后台任务): a row is the job, the message only a nudge."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.core.models import BackgroundRun
from apps.ledgers.models.plans import MergePlan
from apps.ledgers.models.templates import FormTemplate


class PrefillRun(BackgroundRun):
    """预填任务: make and fill the sheets of one plan; `done_until` is the last village finished."""

    task_path = "apps.ledgers.tasks.run_prefill"

    plan = models.ForeignKey(MergePlan, verbose_name="方案", on_delete=models.CASCADE, related_name="prefill_runs")
    area_prefix = models.CharField("范围", max_length=15)
    done_until = models.CharField("已完成到", max_length=15, blank=True)

    class Meta(BackgroundRun.Meta):
        verbose_name = verbose_name_plural = "预填任务"


class MatchRun(BackgroundRun):
    """识别任务: match the fields of one template to data elements."""

    task_path = "apps.ledgers.tasks.run_matching"

    template = models.ForeignKey(FormTemplate, verbose_name="模板", on_delete=models.CASCADE, related_name="match_runs")

    class Meta(BackgroundRun.Meta):
        verbose_name = verbose_name_plural = "识别任务"


class ExportRun(BackgroundRun):
    """导出任务: a department's own template, filled from the sheets handed in."""

    task_path = "apps.ledgers.tasks.run_export"
    KEPT = timedelta(days=7)  # a filled template holds personal data, and is made again at a click

    template = models.ForeignKey(
        FormTemplate, verbose_name="模板", on_delete=models.CASCADE, related_name="export_runs"
    )
    area_prefix = models.CharField("范围", max_length=15)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="申请人", on_delete=models.PROTECT, related_name="+"
    )
    content = models.BinaryField("文件", null=True)
    rows = models.PositiveIntegerField("行数", default=0)

    class Meta(BackgroundRun.Meta):
        verbose_name = verbose_name_plural = "导出任务"

    @property
    def is_past_its_days(self) -> bool:
        """Whether the file is cleared away, or about to be (文件已清理)."""
        return self.finished_at is not None and self.finished_at < timezone.now() - self.KEPT
