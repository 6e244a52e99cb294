import json
import os
from collections.abc import Callable

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from apps.catalog.benchmarks import bench_matching
from apps.core.benchmarks import Figure
from apps.ledgers.benchmarks import bench_prefill

BENCHES: dict[str, Callable[[int], Figure]] = {"prefill": bench_prefill, "matching": bench_matching}


class Command(BaseCommand):
    help = "基准测试：在临时数据库里自建数据，量出我们用的时间和同一次运行中量出的下限；每项输出一行 JSON"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"要跑的项目，不写则全部：{'、'.join(BENCHES)}")
        parser.add_argument("--people", type=int, default=72_000, help="预填的人数，每村 200 人（默认 72000）")
        parser.add_argument("--json", action="store_true", help="输出本来就是 JSON，写不写都一样")

    def handle(self, *args: object, **options) -> None:
        names = options["names"] or list(BENCHES)
        if unknown := [name for name in names if name not in BENCHES]:
            raise CommandError(f"没有名为 {'、'.join(unknown)} 的基准，可选：{'、'.join(BENCHES)}")
        for name in names:
            self.stdout.write(json.dumps(self._in_scratch_database(BENCHES[name], options["people"]).as_json()))

    @staticmethod
    def _in_scratch_database(bench: Callable[[int], Figure], people: int) -> Figure:
        """Run in a database made for it and thrown away afterwards, so no real row is touched."""
        before = connection.settings_dict["NAME"]
        connection.settings_dict["TEST"]["NAME"] = f"bench_{os.getpid()}"
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            return bench(people)
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)
