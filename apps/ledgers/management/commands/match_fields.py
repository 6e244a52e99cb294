import json
import time
from collections import Counter
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.catalog.matching import FieldText, FormText
from apps.catalog.models import DataElement
from apps.catalog.selectors import build_matcher
from apps.catalog.services import load_code_sets, load_elements

SHAPE = '[{"id", "form", "fields": [{"fid", "name", …}]}, …]'


class Command(BaseCommand):
    help = "把一组表的填报项对应到数据元：读 JSON，写 JSON"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--forms", required=True, help=SHAPE)
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
        try:
            Path(options["out"]).write_text(body, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"写不了 {options['out']}：{error.strerror}。请核对目录是否存在、能否写入") from error
        words = f"已对应 {len(predictions)} 项，用时 {seconds} 秒"
        self.stdout.write(json.dumps({"fields": len(predictions), "seconds": seconds}) if options["json"] else words)

    @staticmethod
    def _read(path: str) -> list[FormText]:
        try:
            forms = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise CommandError(f"读不到 {path}：{error.strerror}。请核对文件位置") from error
        except ValueError as error:
            raise CommandError(f"{path} 不是 UTF-8 的 JSON 文件。请核对是否选错了文件") from error
        try:
            read = [_form(form, number) for number, form in enumerate(forms, start=1)]
        except (KeyError, TypeError, AttributeError) as error:
            raise CommandError(f"{path} 不是一组表。应为 {SHAPE}") from error
        fids = Counter(field.fid for form in read for field in form.fields)
        for fid, times in fids.most_common(1):
            if times > 1:
                raise CommandError(f"{path} 中填报项 {fid} 出现不止一次。请给每一项不同的 fid")
        return read


def _form(form: dict, number: int) -> FormText:
    """A form as given; only the fields and their fid and name must be there."""
    fields = tuple(
        FieldText(_fid(field["fid"]), _text(field["name"]), _text(field.get("group")), _text(field.get("comment")))
        for field in form["fields"]
    )
    identity = _text(form.get("id")) or str(number)
    return FormText(identity, _text(form.get("form")), _text(form.get("department_or_theme")), fields)


def _fid(value: object) -> str:
    fid = _text(value)
    if not fid:
        raise TypeError("缺 fid")
    return fid


def _text(value: object) -> str:
    """A JSON text; null is no text, and a number is written out (fid, a column named 2023)."""
    if isinstance(value, (dict, list, bool)):
        raise TypeError("应为文字")
    return "" if value is None else str(value)
