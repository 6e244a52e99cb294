import json
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.catalog.matching import FieldText, FormText
from apps.catalog.models import DataElement
from apps.catalog.selectors import build_matcher
from apps.catalog.services import load_code_sets, load_elements


class Command(BaseCommand):
    help = "把一组表的填报项对应到数据元：读 JSON，写 JSON"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--forms", required=True, help='[{"id", "form", "fields": [{"fid", "name", …}]}, …]')
        parser.add_argument("--out", required=True, help='{"predictions": […], "seconds"}')
        parser.add_argument("--json", action="store_true", help="最后一行输出 JSON")

    def handle(self, *args: object, **options: str) -> None:
        forms = self._read(options["forms"])
        if not DataElement.objects.exists():
            load_code_sets()
            load_elements()
        started = time.perf_counter()
        matches = build_matcher().match_all(forms)
        seconds = round(time.perf_counter() - started, 3)
        predictions = [
            {
                "fid": match.fid,
                "element": match.element,
                "candidates": [candidate.element for candidate in match.candidates],
                "decision": match.decision,
                "cluster": match.cluster,
            }
            for match in matches
        ]
        body = json.dumps({"predictions": predictions, "seconds": seconds}, ensure_ascii=False, indent=1)
        Path(options["out"]).write_text(body, encoding="utf-8")
        words = f"已对应 {len(predictions)} 项，用时 {seconds} 秒"
        self.stdout.write(json.dumps({"fields": len(predictions), "seconds": seconds}) if options["json"] else words)

    @staticmethod
    def _read(path: str) -> list[FormText]:
        try:
            forms = json.loads(Path(path).read_text(encoding="utf-8"))
            return [
                FormText(
                    form["id"],
                    form["form"],
                    form.get("department_or_theme", ""),
                    tuple(
                        FieldText(field["fid"], field["name"], field.get("group", ""), field.get("comment", ""))
                        for field in form["fields"]
                    ),
                )
                for form in forms
            ]
        except OSError as error:
            raise CommandError(f"读不到 {path}：{error.strerror}。请核对文件位置") from error
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"{path} 不是一组表（{error}）。应为 [{{“id”, “form”, “fields”: […]}}, …]") from error
