import json
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import DomainError
from apps.core.services import backups


class Command(BaseCommand):
    help = "恢复：把 backup 建立的文件夹恢复到空的数据库，并与清单逐表核对"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", help="manage.py backup 建立的文件夹")
        parser.add_argument("--replace", action="store_true", help="数据库不是空的也恢复：先清掉现有的全部数据")
        parser.add_argument("--json", action="store_true", help="最后一行输出 JSON")

    def handle(self, *args: object, **options: str) -> None:
        started = time.perf_counter()
        try:
            manifest = backups.restore(folder=Path(options["folder"]), replace=bool(options["replace"]))
        except DomainError as error:
            raise CommandError(str(error)) from error
        result = {
            "created_at": manifest.created_at,
            "tables": len(manifest.tables),
            "rows": manifest.rows,
            "seconds": round(time.perf_counter() - started, 2),
        }
        words = (
            f"已恢复 {manifest.created_at} 的备份：{result['tables']} 张表，{result['rows']} 行，逐表核对一致，"
            f"用时 {result['seconds']} 秒。\n接着运行 manage.py migrate，再启动网站"
        )
        self.stdout.write(json.dumps(result) if options["json"] else words)
