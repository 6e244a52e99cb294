"""Accounts with their posts (账号与岗位), and what people set for themselves (个人设置)."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import SERVES, Posting, TextSize, User
from apps.accounts.roles import AREA_ROLES, Role
from apps.core.errors import DomainError, NotAllowed
from apps.organizations.models import CODE_LENGTH, Area, Department

TEXT_SIZE_COOKIE = "text_size"  # so that the page to log in has the size too


@transaction.atomic
def add_account(*, username: str, name: str, role: Role, place: str, password: str) -> Posting:
    """Make an account with a post from today on (建立账号); `place` is the code of an area or a department."""
    if User.objects.filter(username=username).exists():
        raise DomainError(f"已有用户名为 {username} 的账号", "请换一个用户名")
    user = User(username=username, name=name)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise DomainError("".join(error.messages).rstrip("。")) from error
    user.set_password(password)
    user.save()
    return Posting.objects.create(user=user, role=role, valid_from=timezone.localdate(), **_place(role, place))


def _place(role: Role, code: str) -> dict[str, Area | Department]:
    if role not in AREA_ROLES:
        department = Department.objects.filter(pk=code).first()
        if department is None:
            raise DomainError(f"没有代码为 {code} 的部门", "可用的代码见 apps/organizations/data/departments.csv")
        return {"department": department}
    area = Area.objects.filter(pk=code, level=SERVES[role]).first()
    if area is None:
        raise DomainError(
            f"没有代码为 {code} 的{SERVES[role].label}", f"{role.label}的区划代码是 {CODE_LENGTH[SERVES[role]]} 位"
        )
    return {"area": area}


def switch_posting(*, posting: Posting, by: User) -> None:
    """Work under another of one's posts (切换岗位)."""
    if not by.postings.in_force().filter(pk=posting.pk).exists():
        raise NotAllowed("这个岗位不在任，不能切换")
    User.objects.filter(pk=by.pk).update(last_posting=posting)


def set_text_size(*, size: str, by: User) -> None:
    """Choose the reading size (字号)."""
    User.objects.filter(pk=by.pk).update(text_size=TextSize(size))
