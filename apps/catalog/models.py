"""The common vocabulary (公共词汇): data elements 数据元, code sets 代码集, aliases 别名."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class DataType(models.TextChoices):
    """How a value is read and checked (数据类型); `apps.catalog.values.parse` has one reader for each."""

    TEXT = "text", "文本"
    NAME = "name", "人名"
    ID_NUMBER = "id_number", "证件号码"
    PHONE = "phone", "电话"
    DATE = "date", "日期"
    INTEGER = "integer", "整数"
    NUMBER = "number", "数值"
    MONEY = "money", "金额"
    BOOLEAN = "boolean", "是否"
    CHOICE = "choice", "选项"
    CODE = "code", "代码"
    ADDRESS = "address", "地址"
    SERIAL = "serial", "编号"
    ORG_NAME = "org_name", "名称"
    YEAR = "year", "年份"


class Sensitivity(models.TextChoices):
    """敏感程度 (个人信息保护法第二十八条)."""

    GENERAL = "general", "一般"
    PERSONAL = "personal", "个人信息"
    SENSITIVE = "sensitive", "敏感个人信息"


class Grade(models.TextChoices):
    """数据分级 L1–L4 (GB/T 43697-2024 一般数据再分级)."""

    L1 = "L1", "一级"
    L2 = "L2", "二级"
    L3 = "L3", "三级"
    L4 = "L4", "四级"


class CodeSet(models.Model):
    """代码集: a table of codes, national or ours."""

    code = models.SlugField("代码集", max_length=40, primary_key=True)
    name = models.CharField("名称", max_length=80)
    standard = models.CharField("依据", max_length=80, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "代码集"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class CodeItem(models.Model):
    """代码项: one code of a set, in the order of the standard."""

    code_set = models.ForeignKey(CodeSet, verbose_name="代码集", on_delete=models.CASCADE, related_name="items")
    code = models.CharField("代码", max_length=20)
    name = models.CharField("名称", max_length=120)
    position = models.PositiveIntegerField("顺序")

    class Meta:
        verbose_name = verbose_name_plural = "代码项"
        ordering = ["code_set", "position"]
        constraints = [models.UniqueConstraint(fields=["code_set", "code"], name="code_item_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class DataElement(models.Model):
    """数据元: one fact that forms ask for, said once for everybody; its id reads subject.property."""

    id = models.CharField("标识", max_length=80, primary_key=True)
    name = models.CharField("名称", max_length=120)
    definition = models.CharField("定义", max_length=400, blank=True)
    data_type = models.CharField("数据类型", max_length=20, choices=DataType.choices)
    unit = models.CharField("单位", max_length=20, blank=True)
    code_set = models.ForeignKey(
        CodeSet, verbose_name="代码集", null=True, blank=True, on_delete=models.PROTECT, related_name="elements"
    )
    subject = models.CharField("主体", max_length=30)
    sensitivity = models.CharField("敏感程度", max_length=12, choices=Sensitivity.choices)
    grade = models.CharField("分级", max_length=2, choices=Grade.choices)
    freshness_days = models.PositiveIntegerField("有效天数", null=True, blank=True)
    is_encrypted = models.BooleanField("加密存储", default=False)
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "数据元"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def belongs_to_form(self) -> bool:
        """Whether the value is the form's own and not the resident's (随表的项): who filled it in, its remark, the
        benefit it pays. The same words on another form mean something else, so it is neither merged nor registered.
        """
        return self.pk.startswith(("record.", "benefit.", "event."))


class AliasQuerySet(models.QuerySet["ElementAlias"]):
    def in_force(self) -> Self:
        return self.filter(withdrawn_at=None)


class ElementAlias(models.Model):
    """别名: a field name, under a context, that a person has said means this element; no element means 部门自用项."""

    name_norm = models.CharField("规范名", max_length=200)
    context = models.CharField("语境", max_length=200, blank=True)
    element = models.ForeignKey(
        DataElement, verbose_name="数据元", null=True, blank=True, on_delete=models.PROTECT, related_name="aliases"
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="审核人", on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField("审核时间", auto_now_add=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="撤销人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    withdrawn_at = models.DateTimeField("撤销时间", null=True, blank=True)
    history = HistoricalRecords()

    objects = AliasQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "别名"
        ordering = ["-answered_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["name_norm", "context"], condition=Q(withdrawn_at=None), name="one_answer_a_name_and_context"
            ),
            models.CheckConstraint(
                name="alias_withdrawal_is_whole",
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name_norm
