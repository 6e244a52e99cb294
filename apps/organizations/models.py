"""Departments (条线部门) and the area tree (区/乡镇/村居/微网格)."""

from typing import Self

from django.db import models
from simple_history.models import HistoricalRecords


class AreaLevel(models.TextChoices):
    """Level of an area; the length of its code follows from it (区划层级)."""

    DISTRICT = "district", "区"
    TOWN = "town", "街镇"
    VILLAGE = "village", "村居"
    GRID = "grid", "微网格"


CODE_LENGTH = {AreaLevel.DISTRICT: 6, AreaLevel.TOWN: 9, AreaLevel.VILLAGE: 12, AreaLevel.GRID: 15}


class AreaQuerySet(models.QuerySet["Area"]):
    def within(self, prefix: str) -> Self:
        """Areas at or below the area whose code is `prefix` (本级及下级)."""
        return self.filter(code__startswith=prefix)

    def villages(self) -> Self:
        return self.filter(level=AreaLevel.VILLAGE)


class Area(models.Model):
    """区域: one node of 区→街镇→村居→微网格; its code is its path (国家统计局统计用区划代码).

    6 digits district, 9 town, 12 village, 15 micro-grid, so scope is a prefix.
    """

    code = models.CharField("区划代码", max_length=15, primary_key=True)
    name = models.CharField("名称", max_length=80)
    level = models.CharField("层级", max_length=10, choices=AreaLevel.choices)
    parent = models.ForeignKey(
        "self", verbose_name="上级", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    unit_kind = models.CharField("村居类别", max_length=40, blank=True)
    history = HistoricalRecords()

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "区域"
        ordering = ["code"]
        indexes = [models.Index(fields=["code"], name="area_code_prefix", opclasses=["varchar_pattern_ops"])]
        constraints = [
            models.CheckConstraint(
                name="area_code_matches_level",
                condition=models.Q(code__regex=r"^\d{6}$", level=AreaLevel.DISTRICT)
                | models.Q(code__regex=r"^\d{9}$", level=AreaLevel.TOWN)
                | models.Q(code__regex=r"^\d{12}$", level=AreaLevel.VILLAGE)
                | models.Q(code__regex=r"^\d{15}$", level=AreaLevel.GRID),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def short_name(self) -> str:
        """The name as people say it (简称): 沈镇村村委会 → 沈镇村."""
        return self.name.removesuffix("村委会").removesuffix("居委会") or self.name


class Department(models.Model):
    """部门 (委办局): a line of the district that asks villages for data."""

    code = models.SlugField("代码", max_length=40, primary_key=True)
    name = models.CharField("全称", max_length=80, unique=True)
    short_name = models.CharField("简称", max_length=40)
    role_in_plan = models.CharField("方案中的职责", max_length=200, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "部门"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.short_name
