"""Merging (要素合并): forms that ask the same people for the same things become one sheet."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from apps.accounts.models import User
from apps.accounts.roles import Permission
from apps.catalog.models import DataType
from apps.ledgers.models.templates import FormTemplate, Period, RowSubject


class PlanStatus(models.TextChoices):
    """合并方案状态."""

    PROPOSED = "proposed", "待部门确认"
    ACTIVE = "active", "填报中"
    CLOSED = "closed", "已结束"
    DISSOLVED = "dissolved", "已撤销"


class PlanQuerySet(models.QuerySet["MergePlan"]):
    def visible_to(self, user: User) -> Self:
        """Who merges sees all; a department sees those its own templates are in (参与的方案)."""
        if user.can(Permission.MERGE_MANAGE):
            return self.all()
        if user.can(Permission.TEMPLATE_MANAGE):
            return self.filter(members__template__department=user.department_code).distinct()
        return self.none()


class MergePlan(models.Model):
    """合并方案: templates with the same subject, population and period, asked for once on one collection sheet."""

    TRANSITIONS = {
        PlanStatus.PROPOSED: {PlanStatus.ACTIVE, PlanStatus.DISSOLVED},
        PlanStatus.ACTIVE: {PlanStatus.CLOSED},
        PlanStatus.CLOSED: set(),
        PlanStatus.DISSOLVED: set(),
    }

    title = models.CharField("名称", max_length=200)
    row_subject = models.CharField("行主体", max_length=12, choices=RowSubject.choices)
    population = models.CharField("填报对象", max_length=40)
    area = models.ForeignKey("organizations.Area", verbose_name="填报范围", on_delete=models.PROTECT, related_name="+")
    period = models.CharField("周期", max_length=12, choices=Period.choices)
    due_on = models.DateField("截止日期")
    status = models.CharField("状态", max_length=10, choices=PlanStatus.choices, default=PlanStatus.PROPOSED)
    created_at = models.DateTimeField("提出时间", auto_now_add=True)
    activated_at = models.DateTimeField("下发时间", null=True, blank=True)
    history = HistoricalRecords()

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "合并方案"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("ledgers:plan", args=[self.pk])


class MergeMember(models.Model):
    """参与的模板: a template in a plan, and its department's answer."""

    plan = models.ForeignKey(MergePlan, verbose_name="方案", on_delete=models.CASCADE, related_name="members")
    template = models.OneToOneField(
        FormTemplate, verbose_name="模板", on_delete=models.PROTECT, related_name="membership"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="确认人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "参与的模板"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="member_confirmation_is_whole",
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.template}"


class PlanColumn(models.Model):
    """合并后的列: one item asked once; `key` names its cells.

    The key is the element's id where forms share the column and the register follows it, and `field:<id>` where it is
    one form's own. An own column may have an element too: it says how the value is read, coded and sealed.
    """

    plan = models.ForeignKey(MergePlan, verbose_name="方案", on_delete=models.CASCADE, related_name="columns")
    position = models.PositiveIntegerField("顺序")
    key = models.CharField("键", max_length=80)
    element = models.ForeignKey(
        "catalog.DataElement", verbose_name="数据元", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    label = models.CharField("列名", max_length=200)
    group = models.CharField("分组", max_length=200, blank=True)
    data_type = models.CharField("数据类型", max_length=20, choices=DataType.choices)
    options = models.JSONField("选项", default=list, blank=True)
    is_required = models.BooleanField("必填", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "合并后的列"
        ordering = ["plan", "position"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "key"], name="column_key_once"),
            models.UniqueConstraint(fields=["plan", "position"], name="column_position_once"),
        ]

    def __str__(self) -> str:
        return self.label
