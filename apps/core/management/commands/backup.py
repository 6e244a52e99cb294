import json
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import DomainError
from apps.core.services import backups


class Command(BaseCommand):
    help = "备份：数据库、上传的文件和清单，写进一个新的文件夹；密钥不在其中，须另行保管"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", help="新的文件夹，例如 /backup/2026-01-31")
        parser.add_argument("--json", action="store_true", help="最后一行输出 JSON")

    def handle(self, *args: object, **options: str) -> None:
        started = time.perf_counter()
        try:
            manifest = backups.backup(folder=Path(options["folder"]))
        except DomainError as error:
            raise CommandError(str(error)) from error
        result = {
            "folder": options["folder"],
            "tables": len(manifest.tables),
            "rows": manifest.rows,
            "files": len(manifest.files),
            "keys": sorted(manifest.keys),
            "seconds": round(time.perf_counter() - started, 2),
        }
        keys = "、".join(sorted(manifest.keys)) or "无"
        words = (
            f"已备份到 {options['folder']}：{result['tables']} 张表，{result['rows']} 行，"
            f"用时 {result['seconds']} 秒。\n"
            f"恢复时需要编号为 {keys} 的数据密钥和 INDEX_KEY；它们不在备份里，请另行保管"
        )
        self.stdout.write(json.dumps(result, ensure_ascii=False) if options["json"] else words)
