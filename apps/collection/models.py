"""The register of people and houses (一标三实): standard addresses, dwellings, households, persons, residencies."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Left
from django.utils import timezone
from simple_history.models import HistoricalRecords

from apps.accounts.models import User


class ScopedQuerySet(models.QuerySet):
    """Rows that carry `area_code`; what a person may see is a prefix of it (按辖区可见)."""

    def within(self, prefix: str) -> Self:
        return self.filter(area_code__startswith=prefix)

    def visible_to(self, user: User) -> Self:
        """Rows in the area of the person's posting; a post without an area sees none (最小、可用)."""
        return self.within(user.area_code) if user.area_code else self.none()


def area_prefix_index(name: str) -> models.Index:
    """The index behind `area_code LIKE 'prefix%'` (辖区前缀索引)."""
    return models.Index(fields=["area_code"], name=name, opclasses=["varchar_pattern_ops"])


class DataSource(models.TextChoices):
    """Where a value comes from (来源); the short word stands as the mark on a cell."""

    REGISTER = "register", "采集"
    VILLAGE = "village", "本村"
    CITY = "city", "市库"
    DEPARTMENT = "department", "部门"
    DERIVED = "derived", "推算"


class StandardAddress(models.Model):
    """标准地址: one address of a village, once."""

    area_code = models.CharField("区划代码", max_length=15)
    text = models.CharField("地址", max_length=200)
    normalised = models.CharField("规范地址", max_length=200)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "标准地址"
        constraints = [models.UniqueConstraint(fields=["area_code", "normalised"], name="address_once_in_a_village")]
        indexes = [area_prefix_index("address_area_prefix")]

    def __str__(self) -> str:
        return self.text


class Dwelling(models.Model):
    """实有房屋: a place to live at a standard address."""

    area_code = models.CharField("区划代码", max_length=15)
    address = models.OneToOneField(
        StandardAddress, verbose_name="标准地址", on_delete=models.PROTECT, related_name="dwelling"
    )
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "实有房屋"
        indexes = [area_prefix_index("dwelling_area_prefix")]

    def __str__(self) -> str:
        return self.address.text


class Household(models.Model):
    """户: a registered household (户籍户), not the occupants of a dwelling."""

    area_code = models.CharField("区划代码", max_length=15)
    number = models.CharField("户号", max_length=40)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "户"
        constraints = [models.UniqueConstraint(fields=["area_code", "number"], name="household_once_in_a_village")]
        indexes = [area_prefix_index("household_area_prefix")]

    def __str__(self) -> str:
        return self.number


class Person(models.Model):
    """实有人口: one person of the register.

    `facts` holds, by element id, what the columns do not: `{"v": value, "s": DataSource, "d": "2026-08-30"}` for an
    element without a column; for one with a column only `s` and `d`, when they differ from the row's own; and `alt`
    (the same three keys) where another source says otherwise. Encrypted elements hold tokens of `apps.core.crypto`.
    """

    area_code = models.CharField("区划代码", max_length=15)
    name = models.CharField("姓名", max_length=60)
    sex = models.CharField("性别代码", max_length=1, blank=True)
    birth_date = models.CharField("出生日期", max_length=10, blank=True, help_text="2023-11-28，只知年月时为 2023-11")
    birth_on = models.DateField("出生日", null=True, blank=True)
    id_number = models.TextField("公民身份号码（密文）", blank=True)
    id_index = models.CharField("公民身份号码盲索引", max_length=32, blank=True)
    phone = models.TextField("联系电话（密文）", blank=True)
    phone_index = models.CharField("联系电话盲索引", max_length=32, blank=True)
    household = models.ForeignKey(
        Household, verbose_name="户", null=True, blank=True, on_delete=models.SET_NULL, related_name="members"
    )
    source = models.CharField("来源", max_length=12, choices=DataSource.choices, default=DataSource.REGISTER)
    as_of = models.DateField("数据日期")
    facts = models.JSONField("其他要素", default=dict, blank=True)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "实有人口"
        ordering = ["area_code", "name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["id_index"], condition=~Q(id_index=""), name="person_once_by_id_number")
        ]
        indexes = [
            area_prefix_index("person_area_prefix"),
            models.Index(Left("area_code", 12), name="person_village"),
            models.Index(fields=["phone_index"], name="person_phone_index", condition=~Q(phone_index="")),
        ]

    def __str__(self) -> str:
        return self.name


class ResidencyState(models.TextChoices):
    """居住状态 (人户一致/人户分离等); codes of residence_state.csv."""

    TOGETHER = "1", "人户一致"
    LIVES_HERE_ONLY = "2", "人在户不在"
    REGISTERED_ONLY = "3", "户在人不在"


class Residency(models.Model):
    """居住关系: who lives in which dwelling, from when until when."""

    person = models.ForeignKey(Person, verbose_name="人", on_delete=models.CASCADE, related_name="residencies")
    dwelling = models.ForeignKey(Dwelling, verbose_name="房屋", on_delete=models.PROTECT, related_name="residencies")
    state = models.CharField("居住状态", max_length=1, choices=ResidencyState.choices, default=ResidencyState.TOGETHER)
    valid_from = models.DateField("起", default=timezone.localdate)
    valid_until = models.DateField("止", null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = verbose_name_plural = "居住关系"
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(valid_until=None), name="one_current_residency_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.dwelling}"
