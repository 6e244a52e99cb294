import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.portal import demo


class Command(BaseCommand):
    help = "建立演示区：区划、部门、数据元、各角色账号、虚构的居民；重复运行不会重复建立"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="最后一行输出 JSON")
        parser.add_argument("--accounts", action="store_true", help="只列出演示账号")

    def handle(self, *args: object, **options: bool) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("演示区有公开的账号和口令，正式运行时不能建立。底数用 manage.py load_standards 装入")
        if not options["accounts"]:
            counts = demo.load()
            self.stdout.write(json.dumps(counts) if options["json"] else self._words(counts))
            return
        for account in demo.ACCOUNTS:
            self.stdout.write(
                f"  {account.username:<10}{account.name}　{account.role.label if account.role else '无岗位'}"
            )
        self.stdout.write(f"  密码均为 {demo.PASSWORD}")

    @staticmethod
    def _words(counts: dict[str, int]) -> str:
        return (
            f"演示区已就绪：区域 {counts['areas']} 个，部门 {counts['departments']} 个，"
            f"数据元 {counts['elements']} 个，账号 {counts['accounts']} 个，居民 {counts['people']} 人，"
            f"台账模板 {counts['templates']} 份"
        )
