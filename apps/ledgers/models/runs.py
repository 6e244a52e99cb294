"""Work of the background (后台任务): a row is the job, the message only a nudge."""

from django.db import models

from apps.core.models import BackgroundRun
from apps.ledgers.models.plans import MergePlan


class PrefillRun(BackgroundRun):
    """预填任务: make and fill the sheets of one plan; `done_until` is the last village finished."""

    task_path = "apps.ledgers.tasks.run_prefill"

    plan = models.ForeignKey(MergePlan, verbose_name="方案", on_delete=models.CASCADE, related_name="prefill_runs")
    area_prefix = models.CharField("范围", max_length=15)
    done_until = models.CharField("已完成到", max_length=15, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "预填任务"
