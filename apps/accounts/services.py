"""What people set for themselves (个人设置)."""

from apps.accounts.models import Posting, TextSize, User
from apps.core.errors import NotAllowed

TEXT_SIZE_COOKIE = "text_size"  # so that the page to log in has the size too


def switch_posting(*, posting: Posting, by: User) -> None:
    """Work under another of one's posts (切换岗位)."""
    if not by.postings.in_force().filter(pk=posting.pk).exists():
        raise NotAllowed("这个岗位不在任，不能切换")
    User.objects.filter(pk=by.pk).update(last_posting=posting)


def set_text_size(*, size: str, by: User) -> None:
    """Choose the reading size (字号)."""
    User.objects.filter(pk=by.pk).update(text_size=TextSize(size))
