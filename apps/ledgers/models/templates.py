"""What a department asks for (台账模板) and how each of its fields was understood (要素对应)."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from apps.accounts.models import User
from apps.accounts.roles import Permission


class RowSubject(models.TextChoices):
    """行主体: what one row of the form is about; rows of people come from the register, others the village adds."""

    PERSON = "person", "每人一行"
    OTHER = "other", "每件事、每户或每个单位一行，由村居逐行添加"


class Period(models.TextChoices):
    """填报周期."""

    ONCE = "once", "一次性"
    WEEKLY = "weekly", "周报"
    MONTHLY = "monthly", "月报"
    QUARTERLY = "quarterly", "季报"
    YEARLY = "yearly", "年报"


class TemplateStatus(models.TextChoices):
    """模板状态."""

    DRAFT = "draft", "待补充信息"
    MATCHING = "matching", "正在识别"
    REVIEW = "review", "待审核对应"
    READY = "ready", "待合并下发"
    IN_USE = "in_use", "已下发"
    WITHDRAWN = "withdrawn", "已撤回"


class TemplateFile(models.Model):
    """模板文件: the department's workbook exactly as it was uploaded."""

    name = models.CharField("文件名", max_length=200)
    content = models.BinaryField("内容")
    sha256 = models.CharField("SHA-256", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "模板文件"

    def __str__(self) -> str:
        return self.name


class TemplateQuerySet(models.QuerySet["FormTemplate"]):
    def visible_to(self, user: User) -> Self:
        """A department sees its own templates; those who match and merge see all (本部门模板)."""
        if user.can(Permission.MATCH_REVIEW) or user.can(Permission.MERGE_MANAGE):
            return self.all()
        if user.can(Permission.TEMPLATE_MANAGE):
            return self.filter(department=user.department_code)
        return self.none()


class FormTemplate(models.Model):
    """台账模板: a department's form with its ordered fields."""

    TRANSITIONS = {
        TemplateStatus.DRAFT: {TemplateStatus.MATCHING, TemplateStatus.WITHDRAWN},
        TemplateStatus.MATCHING: {TemplateStatus.REVIEW, TemplateStatus.READY, TemplateStatus.WITHDRAWN},
        TemplateStatus.REVIEW: {TemplateStatus.READY, TemplateStatus.WITHDRAWN},
        TemplateStatus.READY: {TemplateStatus.REVIEW, TemplateStatus.IN_USE, TemplateStatus.WITHDRAWN},
        TemplateStatus.IN_USE: set(),
        TemplateStatus.WITHDRAWN: set(),
    }

    department = models.ForeignKey(
        "organizations.Department", verbose_name="部门", on_delete=models.PROTECT, related_name="templates"
    )
    title = models.CharField("名称", max_length=120)
    file = models.OneToOneField(TemplateFile, verbose_name="模板文件", on_delete=models.PROTECT)
    layout = models.JSONField("版式")
    row_subject = models.CharField("行主体", max_length=12, choices=RowSubject.choices, blank=True)
    population = models.CharField("填报对象", max_length=40, blank=True)
    area = models.ForeignKey(
        "organizations.Area", verbose_name="填报范围", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    period = models.CharField("周期", max_length=12, choices=Period.choices, blank=True)
    due_on = models.DateField("截止日期", null=True, blank=True)
    legal_basis = models.CharField("依据", max_length=200, blank=True)
    status = models.CharField("状态", max_length=12, choices=TemplateStatus.choices, default=TemplateStatus.DRAFT)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    history = HistoricalRecords()

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "台账模板"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="template_beyond_draft_is_complete",
                condition=Q(status__in=[TemplateStatus.DRAFT, TemplateStatus.WITHDRAWN])
                | (
                    ~Q(row_subject="") & ~Q(population="") & ~Q(period="") & Q(area__isnull=False, due_on__isnull=False)
                ),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("ledgers:template", args=[self.pk])


class Decision(models.TextChoices):
    """对应结论: how a field came to its element, or why it has none."""

    WAITING = "waiting", "待识别"
    AUTO = "auto", "自动对应"
    REVIEW = "review", "待审核"
    CONFIRMED = "confirmed", "审核确认"
    NONE = "none", "部门自用项"


class FormField(models.Model):
    """填报项: one column of the department's form."""

    template = models.ForeignKey(FormTemplate, verbose_name="模板", on_delete=models.CASCADE, related_name="fields")
    position = models.PositiveIntegerField("顺序")
    name = models.CharField("名称", max_length=200)
    group = models.CharField("分组", max_length=200, blank=True)
    comment = models.CharField("说明", max_length=500, blank=True)
    options = models.JSONField("选项", default=list, blank=True)
    is_required = models.BooleanField("必填", default=False)
    name_norm = models.CharField("规范名", max_length=200, blank=True)
    context = models.CharField("语境", max_length=200, blank=True)
    decision = models.CharField("结论", max_length=10, choices=Decision.choices, default=Decision.WAITING)
    element = models.ForeignKey(
        "catalog.DataElement",
        verbose_name="数据元",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="fields",
    )
    candidates = models.JSONField("候选", default=list, blank=True, help_text='[["person.name", 0.93], …]，至多五个')
    reason = models.CharField("理由", max_length=200, blank=True)
    alias = models.ForeignKey(
        "catalog.ElementAlias",
        verbose_name="依据的答复",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="fields",
    )
    column = models.ForeignKey(
        "ledgers.PlanColumn",
        verbose_name="合并后的列",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="fields",
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "填报项"
        ordering = ["template", "position"]
        indexes = [
            models.Index(fields=["name_norm", "context"], name="field_by_name_and_context"),
            models.Index(fields=["decision"], name="field_open_review", condition=Q(decision="review")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["template", "position"], name="field_position_once"),
            models.CheckConstraint(
                name="field_decided_with_an_element",
                condition=Q(decision__in=["auto", "confirmed"], element__isnull=False)
                | Q(decision__in=["waiting", "review", "none"], element__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} · {self.name}" if self.group else self.name
