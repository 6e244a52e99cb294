"""People who log in (账号) and the posts they hold (岗位)."""

from datetime import date
from functools import cached_property
from typing import Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone
from simple_history.models import HistoricalRecords

from apps.accounts.roles import AREA_ROLES, GRANTS, Permission, Role
from apps.organizations.models import CODE_LENGTH, AreaLevel


class TextSize(models.TextChoices):
    """字号: the three reading sizes (适老化)."""

    STANDARD = "standard", "标准"
    LARGE = "large", "大字"
    HUGE = "huge", "特大"


class User(AbstractUser):
    """用户: somebody who logs in; what they may do comes from the posting in force, never from the account itself."""

    first_name = last_name = None  # type: ignore[assignment]
    name = models.CharField("姓名", max_length=40)
    text_size = models.CharField("字号", max_length=10, choices=TextSize.choices, default=TextSize.STANDARD)
    last_posting = models.ForeignKey(
        "accounts.Posting",
        verbose_name="上次使用的岗位",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    history = HistoricalRecords(excluded_fields=["last_login", "password", "last_posting", "text_size"])

    class Meta:
        verbose_name = verbose_name_plural = "用户"

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @cached_property
    def posting(self) -> "Posting | None":
        """The posting the person works under now (当前岗位): the one last chosen, if still in force."""
        postings = list(self.postings.in_force().select_related("area__parent", "department"))
        return next((p for p in postings if p.pk == self.last_posting_id), postings[0] if postings else None)

    def can(self, permission: Permission) -> bool:
        """Whether the posting in force gives this permission (有无权限)."""
        return self.is_active and self.posting is not None and permission in GRANTS[Role(self.posting.role)]

    @property
    def area_code(self) -> str | None:
        """Code of the area the person serves (管辖范围), or None when the posting is in a department."""
        return self.posting.area_id if self.posting else None

    @property
    def department_code(self) -> str | None:
        return self.posting.department_id if self.posting else None


class PostingQuerySet(models.QuerySet["Posting"]):
    def in_force(self, on: date | None = None) -> Self:
        """Postings valid on a day, today by default (在任)."""
        day = on or timezone.localdate()
        return self.filter(valid_from__lte=day).filter(Q(valid_until=None) | Q(valid_until__gte=day))


SERVES = {
    Role.TOWN_ADMIN: AreaLevel.TOWN,
    Role.VILLAGE_CADRE: AreaLevel.VILLAGE,
    Role.GRID_LEADER: AreaLevel.GRID,
}


def _over_its_level(role: Role) -> Q:
    """A post of this role stands over an area of the level it serves, told by its code (岗位的层级)."""
    return Q(role=role) & Q(Exact(Length("area_id"), CODE_LENGTH[SERVES[role]]))


class Posting(models.Model):
    """岗位: a role over an area or a department, from one day until another."""

    user = models.ForeignKey(User, verbose_name="人员", on_delete=models.PROTECT, related_name="postings")
    role = models.CharField("角色", max_length=30, choices=Role.choices)
    area = models.ForeignKey(
        "organizations.Area",
        verbose_name="区域",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="postings",
    )
    department = models.ForeignKey(
        "organizations.Department",
        verbose_name="部门",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="postings",
    )
    valid_from = models.DateField("起")
    valid_until = models.DateField("止", null=True, blank=True)
    history = HistoricalRecords()

    objects = PostingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "岗位"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="posting_place_suits_role",
                condition=Q(role__in=sorted(AREA_ROLES), area__isnull=False, department__isnull=True)
                | (~Q(role__in=sorted(AREA_ROLES)) & Q(area__isnull=True, department__isnull=False)),
            ),
            models.CheckConstraint(
                name="posting_area_is_of_its_level",
                condition=~Q(role__in=sorted(AREA_ROLES))
                | _over_its_level(Role.TOWN_ADMIN)
                | _over_its_level(Role.VILLAGE_CADRE)
                | _over_its_level(Role.GRID_LEADER),
            ),
            models.CheckConstraint(
                name="posting_ends_after_it_begins",
                condition=Q(valid_until=None) | Q(valid_until__gte=models.F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.get_role_display()}"

    @property
    def place(self) -> str:
        """Where the person serves, as shown in the header (任职单位): 城桥镇 · 育才村."""
        if self.department_id:
            return self.department.name
        if self.area.parent and self.area.level != "town":
            return f"{self.area.parent.short_name} · {self.area.short_name}"
        return self.area.name
