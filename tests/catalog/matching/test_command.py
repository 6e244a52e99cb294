"""manage.py match_fields: what it reads, what it writes, what it says when it cannot."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from apps.catalog.models import DataElement
from apps.ledgers.management.commands.match_fields import Command

pytestmark = pytest.mark.django_db

FORM = {
    "id": "a",
    "form": "居民登记表",
    "department_or_theme": "民政",
    "fields": [
        {"fid": "a.1", "name": "姓名"},
        {"fid": "a.2", "name": "药物过敏史", "group": "健康", "comment": "无/有"},
    ],
}


def run(tmp_path: Path, content: object) -> dict:
    forms, out = tmp_path / "in.json", tmp_path / "out.json"
    forms.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    call_command("match_fields", forms=str(forms), out=str(out))
    return json.loads(out.read_text(encoding="utf-8"))


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said on the way out; the status is 1 and nothing but the one sentence is printed."""
    with pytest.raises(SystemExit) as left:
        Command().run_from_argv(["manage.py", "match_fields", *arguments])
    assert left.value.code == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = printed.err.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_what_is_written(tmp_path: Path) -> None:
    written = run(tmp_path, [FORM])
    assert set(written) == {"predictions", "seconds"}
    assert written["seconds"] >= 0
    name, allergy = written["predictions"]
    assert set(name) == {"fid", "element", "candidates", "decision", "cluster"}
    assert (name["fid"], name["element"], name["decision"], name["cluster"]) == ("a.1", "person.name", "auto", None)
    assert name["candidates"][0] == "person.name"
    assert (allergy["element"], allergy["decision"]) == (None, "none")
    assert allergy["cluster"]
    assert DataElement.objects.count() == 533


def test_the_last_line_is_json_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.json").write_text(json.dumps([FORM]), encoding="utf-8")
    call_command("match_fields", forms=str(tmp_path / "in.json"), out=str(tmp_path / "out.json"), json=True)
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["fields"] == 2


@pytest.mark.parametrize(
    "form",
    [
        {"fields": [{"fid": "a", "name": "姓名"}]},
        {"id": 7, "form": None, "fields": [{"fid": "a", "name": "姓名", "group": None, "comment": None}]},
        {
            "id": "x",
            "form": "表",
            "department_or_theme": None,
            "source": None,
            "fields": [{"fid": "a", "name": "姓名"}],
        },
    ],
)
def test_what_may_be_left_out(tmp_path: Path, form: dict) -> None:
    (found,) = run(tmp_path, [form])["predictions"]
    assert found["element"] == "person.name"


def test_nothing_to_match(tmp_path: Path) -> None:
    assert run(tmp_path, [])["predictions"] == []
    assert run(tmp_path, [{"id": "a", "form": "空表", "fields": []}])["predictions"] == []


def test_empty_and_odd_names(tmp_path: Path) -> None:
    fields = [
        {"fid": str(i), "name": name} for i, name in enumerate(["", "  ", "（）", None, 2023, "\u0000", "姓名" * 500])
    ]
    written = run(tmp_path, [{"id": "a", "form": "表", "fields": fields}])
    assert [one["fid"] for one in written["predictions"]] == [field["fid"] for field in fields]


def test_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(["--forms", str(tmp_path / "none.json"), "--out", str(tmp_path / "out.json")], capsys)
    assert "读不到" in said
    assert "请核对文件位置" in said


@pytest.mark.parametrize("content", [b"", b"{", b"\xd0\xd5\xc3\xfb", b"PK\x03\x04\x14\x00"])
def test_a_broken_file(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    (tmp_path / "in.json").write_bytes(content)
    said = refused(["--forms", str(tmp_path / "in.json"), "--out", str(tmp_path / "out.json")], capsys)
    assert "不是 UTF-8 的 JSON 文件" in said


@pytest.mark.parametrize(
    "content",
    [
        3,
        None,
        "表",
        {"forms": []},
        [[]],
        ["表"],
        [{"id": "a"}],
        [{"id": "a", "fields": None}],
        [{"id": "a", "fields": [3]}],
        [{"id": "a", "fields": [{"fid": "a.1"}]}],
        [{"id": "a", "fields": [{"name": "姓名"}]}],
        [{"id": "a", "fields": [{"fid": "a.1", "name": ["姓名"]}]}],
        [{"id": "a", "fields": [{"fid": None, "name": "姓名"}]}],
    ],
)
def test_a_file_of_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: object) -> None:
    (tmp_path / "in.json").write_text(json.dumps(content), encoding="utf-8")
    said = refused(["--forms", str(tmp_path / "in.json"), "--out", str(tmp_path / "out.json")], capsys)
    assert "不是一组表" in said
    assert not (tmp_path / "out.json").exists()


def test_a_field_that_stands_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.json").write_text(json.dumps([FORM, FORM]), encoding="utf-8")
    said = refused(["--forms", str(tmp_path / "in.json"), "--out", str(tmp_path / "out.json")], capsys)
    assert "填报项 a.1 出现不止一次" in said


def test_a_place_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.json").write_text("[]", encoding="utf-8")
    said = refused(["--forms", str(tmp_path / "in.json"), "--out", str(tmp_path / "none" / "out.json")], capsys)
    assert "写不了" in said
