"""A backup brings back every row and every file into an empty database, or says why it does not."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from apps.core import crypto
from apps.core.services import backups
from communitycloud import embedded, environment
from tests.factories import PersonFactory, PostingFactory

pytestmark = pytest.mark.django_db(transaction=True)
ID = "310230199001011791"


def _sql(statement: str, database: str = "postgres") -> str:
    psql = [embedded.postgres_binary("psql"), "-h", str(environment.socket_dir()), "-U", "communitycloud"]
    return subprocess.run(
        [*psql, "-d", database, "-qAtc", statement], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def filled(tmp_path):
    """A database with people, whose numbers are tokens, and an uploaded file."""
    PostingFactory()
    for number in range(20):
        PersonFactory(name=f"居民{number}", id_number=crypto.encrypt("person.id_number", ID))
    folder = settings.MEDIA_ROOT / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "台账.xlsx").write_bytes(b"a workbook")
    yield
    shutil.rmtree(settings.MEDIA_ROOT)


@pytest.fixture
def saved(filled, tmp_path) -> Path:
    folder = tmp_path / "saved"
    backups.backup(folder=folder)
    return folder


@pytest.fixture
def empty():
    """Another database, on the same server, and the environment that names it."""
    _sql("CREATE DATABASE restored")
    keys = json.loads((environment.VAR_DIR / "keys.json").read_text())
    address = environment.database_url().removesuffix("communitycloud") + "restored"
    other = environment.VAR_DIR / "elsewhere"
    yield os.environ | keys | {
        "DATABASE_URL": address, "REDIS_URL": environment.redis_url(), "VAR_DIR": str(other),
        "DJANGO_SETTINGS_MODULE": "communitycloud.settings",
    }  # fmt: skip
    _sql("DROP DATABASE restored WITH (FORCE)")
    shutil.rmtree(other, ignore_errors=True)


def _restore(folder: Path, environ: dict[str, str], *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "restore", str(folder), "--json", *more], cwd=environment.BASE_DIR, env=environ,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_tools_come_with_the_project():
    for tool in ("pg_dump", "pg_restore", "psql"):
        assert Path(embedded.postgres_binary(tool)).exists()


def test_every_row_and_file_comes_back(saved, empty):
    manifest = backups.read(folder=saved)
    assert manifest.tables["public.collection_person"]["rows"] == 20
    assert manifest.keys.keys() == {"k1"}
    done = _restore(saved, empty)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["rows"] == manifest.rows
    assert _sql("SELECT count(*) FROM collection_person", "restored") == "20"
    tokens = _sql("SELECT id_number FROM collection_person", "restored").splitlines()
    assert {crypto.decrypt("person.id_number", token) for token in tokens} == {ID}
    with connection.cursor() as cursor:
        here = {name: backups._measure(cursor, name) for name in backups._tables(connection)}
    assert here == manifest.tables
    assert (Path(empty["VAR_DIR"]) / "media" / "templates" / "台账.xlsx").read_bytes() == b"a workbook"
    # a second time: refused, and then told to
    again = _restore(saved, empty)
    assert again.returncode == 1
    assert "请换一个空的数据库，或加上 --replace" in again.stderr
    _sql("DELETE FROM collection_person; CREATE TABLE stray (a int)", "restored")
    assert _restore(saved, empty, "--replace").returncode == 0
    assert _sql("SELECT count(*) FROM collection_person", "restored") == "20"
    assert _sql("SELECT to_regclass('stray')", "restored") == ""


def test_a_restore_that_fails_leaves_what_was_there(saved, empty):
    _sql("CREATE TABLE mine (a int); INSERT INTO mine VALUES (7)", "restored")
    toc = next((saved / "database").glob("*.gz"))
    toc.write_bytes(b"not a dump")
    manifest = backups.read(folder=saved)
    manifest.files[str(toc.relative_to(saved))] = backups._sha256(toc)
    (saved / "manifest.json").write_text(json.dumps(vars(manifest)))
    done = _restore(saved, empty, "--replace")
    assert done.returncode == 1
    assert "数据库工具没有做完" in done.stderr
    assert "Traceback" not in done.stderr
    assert _sql("SELECT a FROM mine", "restored") == "7"


def test_without_its_key_or_with_another_of_that_name_it_is_refused(saved, empty):
    for more in ({"DATA_KEYS": f"k2:{'0' * 32}"}, {"DATA_KEYS": f"k1:{'0' * 32}"}):
        assert "缺少编号为 k1 的数据密钥，或同一编号的密钥不同" in _restore(saved, empty | more).stderr
    assert "INDEX_KEY 与做备份时的不同" in _restore(saved, empty | {"INDEX_KEY": "0" * 32}).stderr
    assert _sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", "restored") == "0"


def test_no_key_is_in_a_backup(saved):
    secrets = json.loads((environment.VAR_DIR / "keys.json").read_text())
    held = b"".join(path.read_bytes() for path in saved.rglob("*") if path.is_file())
    assert secrets["INDEX_KEY"].encode() not in held
    assert secrets["DATA_KEYS"].partition(":")[2].encode() not in held


def test_only_its_owner_may_read_it(saved):
    assert {path.stat().st_mode & 0o077 for path in [saved, *saved.rglob("*")]} == {0}


def _cut(saved: Path) -> None:
    (saved / "manifest.json").unlink()


def _change(saved: Path) -> None:
    with open(next((saved / "database").glob("*.gz")), "ab") as file:
        file.write(b"x")


def _add(saved: Path) -> None:
    (saved / "media" / "more.txt").write_text("x")


def _lose(saved: Path) -> None:
    (saved / "media" / "templates" / "台账.xlsx").unlink()


def _from_the_future(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_text())
    manifest["migrations"].append("ledgers.9999_later")
    (saved / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_cut, "不是一份完整的备份"),
        (_change, "缺失、多余或被改动过"),
        (_add, "media/more.txt 缺失、多余或被改动过"),
        (_lose, "台账.xlsx 缺失、多余或被改动过"),
        (_from_the_future, "备份来自更新的程序"),
    ],
)
def test_a_backup_that_is_not_whole_is_refused(saved, harm, words):
    harm(saved)
    with pytest.raises(CommandError, match=words):
        call_command("restore", str(saved))


def test_a_folder_with_something_in_it_is_not_written_to(filled, tmp_path):
    (tmp_path / "note.txt").touch()
    with pytest.raises(CommandError, match="已经有内容"):
        call_command("backup", str(tmp_path))
    with pytest.raises(CommandError, match="备份没有写完（它是一个文件，不是文件夹"):
        call_command("backup", str(tmp_path / "note.txt" / "backup"))
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_production_has_no_superuser(settings):
    settings.IS_PRODUCTION = True
    with pytest.raises(CommandError, match="生产环境不设超级用户"):
        call_command("createsuperuser")
