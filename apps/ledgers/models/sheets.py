"""What a village fills in (采集表): one sheet a plan and village, one row a subject, cells as JSON in the row."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from apps.accounts.models import User
from apps.accounts.roles import Permission
from apps.collection.models import Person, area_prefix_index
from apps.ledgers.models.plans import MergePlan, PlanColumn


class CellState(models.TextChoices):
    """单元格状态; an absent cell is an empty one."""

    PREFILLED = "prefilled", "预填"
    CONFIRMED = "confirmed", "已核对"
    TYPED = "typed", "填写"
    CONFLICT = "conflict", "来源不一致"


class SheetStatus(models.TextChoices):
    """采集表状态."""

    OPEN = "open", "填报中"
    RETURNED = "returned", "退回补正"
    SUBMITTED = "submitted", "已提交"
    ACCEPTED = "accepted", "街镇已审核"


class SheetQuerySet(models.QuerySet["CollectionSheet"]):
    def visible_to(self, user: User) -> Self:
        """Sheets of the villages a person serves (本辖区的采集表)."""
        if user.area_code and user.can(Permission.SHEET_VIEW):
            return self.filter(area_code__startswith=user.area_code)
        return self.none()

    def to_do(self) -> Self:
        """Sheets that still wait for the village (待填报)."""
        return self.filter(status__in=[SheetStatus.OPEN, SheetStatus.RETURNED])


class CollectionSheet(models.Model):
    """采集表: what one village fills in for one plan."""

    TRANSITIONS = {
        SheetStatus.OPEN: {SheetStatus.SUBMITTED},
        SheetStatus.RETURNED: {SheetStatus.SUBMITTED},
        SheetStatus.SUBMITTED: {SheetStatus.RETURNED, SheetStatus.ACCEPTED},
        SheetStatus.ACCEPTED: set(),
    }

    plan = models.ForeignKey(MergePlan, verbose_name="方案", on_delete=models.PROTECT, related_name="sheets")
    area = models.ForeignKey("organizations.Area", verbose_name="村居", on_delete=models.PROTECT, related_name="+")
    area_code = models.CharField("区划代码", max_length=15)
    status = models.CharField("状态", max_length=10, choices=SheetStatus.choices, default=SheetStatus.OPEN)
    started_at = models.DateTimeField("开始填报", null=True, blank=True)
    last_row = models.ForeignKey(
        "ledgers.SheetRow", verbose_name="上次填到", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    last_edit_at = models.DateTimeField("上次填写", null=True, blank=True)
    history = HistoricalRecords(excluded_fields=["last_row", "last_edit_at"])

    objects = SheetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "采集表"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["plan", "area"], name="one_sheet_a_plan_and_village")]
        indexes = [area_prefix_index("sheet_area_prefix")]

    def __str__(self) -> str:
        return f"{self.plan} {self.area}"

    def get_absolute_url(self) -> str:
        return reverse("ledgers:sheet", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status in (SheetStatus.OPEN, SheetStatus.RETURNED)


FINISHED = Q(gaps=0, errors=0, conflicts=0, unconfirmed=0)  # nothing left to fill, mend, choose or confirm (已核对)


class SheetRow(models.Model):
    """采集表的一行: one subject; `cells` maps a column's key to its cell.

    A cell is `{"v": value, "s": source, "d": "2026-08-30", "t": CellState}`, with `e` (a sentence) where the value is
    wrong, `alt` (`v`, `s`, `d`) where another source differs, `n` the row version that last changed it, and `b` the
    user id of who typed or confirmed it. Values of encrypted elements are tokens of `apps.core.crypto`.
    The counters say what is left, so lists and figures never open the cells.
    """

    sheet = models.ForeignKey(CollectionSheet, verbose_name="采集表", on_delete=models.CASCADE, related_name="rows")
    ordinal = models.PositiveIntegerField("序号")
    person = models.ForeignKey(
        Person, verbose_name="人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    title = models.CharField("行名", max_length=200, blank=True)
    subtitle = models.CharField("行说明", max_length=200, blank=True)
    cells = models.JSONField("单元格", default=dict)
    version = models.PositiveIntegerField("版本", default=1)
    gaps = models.PositiveSmallIntegerField("待填", default=0)
    errors = models.PositiveSmallIntegerField("错误", default=0)
    conflicts = models.PositiveSmallIntegerField("来源不一致", default=0)
    unconfirmed = models.PositiveSmallIntegerField("未核对", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "采集表行"
        ordering = ["sheet", "ordinal", "pk"]
        indexes = [models.Index(fields=["sheet"], name="row_finished", condition=FINISHED)]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "person"], condition=Q(person__isnull=False), name="person_once_a_sheet"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CellEdit(models.Model):
    """填写记录: one cell before and after somebody's act; rows are only added. `batch` groups what undo takes back."""

    row = models.ForeignKey(SheetRow, verbose_name="行", on_delete=models.CASCADE, related_name="edits")
    key = models.CharField("列", max_length=80)
    before = models.JSONField("之前", null=True)
    after = models.JSONField("之后", null=True)
    batch = models.UUIDField("批次", default=uuid.uuid4)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="填写人", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "填写记录"
        ordering = ["pk"]
        indexes = [models.Index(fields=["batch"], name="edit_batch")]

    def __str__(self) -> str:
        return f"{self.row_id} {self.key}"


class SheetFigure(models.Model):
    """减负数据: for one column of one sheet, how its cells came to be; refreshed from the rows, never typed."""

    sheet = models.ForeignKey(CollectionSheet, verbose_name="采集表", on_delete=models.CASCADE, related_name="figures")
    column = models.ForeignKey(PlanColumn, verbose_name="列", on_delete=models.CASCADE, related_name="+")
    rows = models.PositiveIntegerField("行数")
    prefilled = models.PositiveIntegerField("预填")
    typed = models.PositiveIntegerField("填写")
    empty = models.PositiveIntegerField("未填")

    class Meta:
        verbose_name = verbose_name_plural = "减负数据"
        constraints = [models.UniqueConstraint(fields=["sheet", "column"], name="one_figure_a_sheet_and_column")]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.column_id}"


class Verdict(models.TextChoices):
    """街镇审核结论."""

    ACCEPTED = "accepted", "审核通过"
    RETURNED = "returned", "退回补正"


class Submission(models.Model):
    """提交: a village handed its sheet in, once a round; the town's verdict on it, when there is one."""

    sheet = models.ForeignKey(
        CollectionSheet, verbose_name="采集表", on_delete=models.PROTECT, related_name="submissions"
    )
    round = models.PositiveSmallIntegerField("轮次")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="提交人", on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField("提交时间", auto_now_add=True)
    register_changes = models.PositiveIntegerField("更新底册", default=0)
    verdict = models.CharField("审核结论", max_length=8, choices=Verdict.choices, blank=True)
    reason = models.CharField("退回原因", max_length=200, blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="审核人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    checked_at = models.DateTimeField("审核时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "提交"
        ordering = ["sheet", "round"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "round"], name="one_submission_a_round"),
            models.CheckConstraint(
                name="submission_check_is_whole",
                condition=Q(verdict="", checked_by=None, checked_at=None)
                | Q(verdict__in=["accepted", "returned"], checked_by__isnull=False, checked_at__isnull=False),
            ),
            models.CheckConstraint(
                name="submission_returned_with_a_reason", condition=~Q(verdict="returned") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sheet} 第 {self.round} 次"
