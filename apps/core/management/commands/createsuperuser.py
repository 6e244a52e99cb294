from typing import Any

from django.conf import settings
from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError


class Command(createsuperuser.Command):
    help = "建立超级用户（仅限开发；生产环境三员分立，没有超级用户）"

    def execute(self, *args: Any, **options: Any) -> str | None:
        if settings.IS_PRODUCTION:
            raise CommandError(
                "生产环境不设超级用户：系统管理员、安全管理员、审计管理员由三个人分别担任（三员分立），请由安全管理员分配岗位"
            )
        return super().execute(*args, **options)
