"""Models that know no domain: the row behind every background job (后台任务)."""

from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 3


class RunStatus(models.TextChoices):
    """任务状态."""

    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "未完成"


class RunQuerySet(models.QuerySet):
    def stranded(self) -> Self:
        """Runs whose message was lost or whose worker died (失联): nobody holds a lease on them."""
        return self.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING], lease_until__lt=timezone.now())


class BackgroundRun(models.Model):
    """后台任务: a row is the job, the message only a nudge.

    Whoever turns the row to RUNNING holds it until `lease_until`, and renews it with `beat`. A worker that dies lets
    the lease run out; the sweep then sends the job again. After three tries it stops with its reason on screen.
    """

    task_path: ClassVar[str]

    status = models.CharField("状态", max_length=8, choices=RunStatus.choices, default=RunStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    progress_done = models.PositiveIntegerField("已处理", default=0)
    progress_total = models.PositiveIntegerField("总数", default=0)
    error = models.CharField("原因", max_length=400, blank=True)
    created_at = models.DateTimeField("提交时间", auto_now_add=True)
    started_at = models.DateTimeField("开始时间", null=True, blank=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)
    lease_until = models.DateTimeField("租约到期", default=timezone.now)

    objects = RunQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-pk"]

    @classmethod
    def claim(cls, pk: int) -> "Self | None":
        """Take the run, or None when it is done, failed or in another worker's hands (领取)."""
        now = timezone.now()
        free = Q(status=RunStatus.QUEUED) | Q(status=RunStatus.RUNNING, lease_until__lt=now)
        taken = cls.objects.filter(free, pk=pk, attempts__lt=MOST_ATTEMPTS).update(
            status=RunStatus.RUNNING, attempts=F("attempts") + 1, started_at=now, lease_until=now + LEASE
        )
        return cls.objects.get(pk=pk) if taken else None

    def _while_mine(self, **fields: object) -> bool:
        """Write to the run unless another worker took it over (已被接手); a claim is known by its attempts."""
        mine = type(self).objects.filter(pk=self.pk, attempts=self.attempts).exclude(status=RunStatus.FAILED)
        return bool(mine.update(**fields))

    def beat(self, done: int, total: int | None = None) -> bool:
        """Say how far the work is, and hold the lease longer (心跳); False when another worker has the run."""
        fields: dict[str, object] = {"progress_done": done, "lease_until": timezone.now() + LEASE}
        if total is not None:
            fields["progress_total"] = total
        return self._while_mine(**fields)

    def finish(self, **fields: object) -> bool:
        """Write the result and the end at once; False when another worker has the run, and nothing is written."""
        return self._while_mine(status=RunStatus.DONE, finished_at=timezone.now(), error="", **fields)

    def fail(self, reason: str) -> bool:
        return self._while_mine(status=RunStatus.FAILED, finished_at=timezone.now(), error=reason[:400])

    @property
    def is_over(self) -> bool:
        return self.status in (RunStatus.DONE, RunStatus.FAILED)

    @property
    def percent(self) -> int:
        """Share done, 0–100."""
        if self.status == RunStatus.DONE:
            return 100
        return 100 * self.progress_done // self.progress_total if self.progress_total else 0
