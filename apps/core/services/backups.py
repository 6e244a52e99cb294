"""Backup and restore (备份与恢复): the database, the uploaded files, and a manifest that proves a restore.

The manifest counts and sums every table at the moment of the dump, and names the data keys that its tokens need by
their ids and fingerprints; the keys themselves are never in a backup.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.client import DatabaseClient
from django.db.backends.utils import CursorWrapper
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from apps.core import crypto
from apps.core.errors import DomainError
from communitycloud import embedded, environment

FORMAT = 1
MANIFEST, DATABASE, MEDIA = "manifest.json", "database", "media"
SESSION = "SET TimeZone = 'UTC'; SET DateStyle = ISO; SET IntervalStyle = iso_8601; SET extra_float_digits = 1"
TABLES = """
    SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""
TOKEN = r"sm4:([^:\s\"]+):[A-Za-z0-9_-]{38,}"  # what crypto.encrypt writes: 28 bytes at least
WAIT_FOR_OTHERS = "SET lock_timeout = '10s'"
EMPTY_IT = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


class BackupProblem(DomainError):
    """A backup cannot be made, or this one cannot be restored here."""


@dataclass
class Manifest:
    """备份清单."""

    created_at: str
    server: int
    migrations: list[str]
    tables: dict[str, dict[str, Any]]
    keys: dict[str, str]
    index_key: str
    files: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(table["rows"] for table in self.tables.values())


def backup(*, folder: Path) -> Manifest:
    """Write everything into a new folder; it appears under its name only when it is complete."""
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupProblem(f"{folder} 已经有内容", "请换一个新的文件夹名，例如带上日期")
    partial = folder.with_name(f"{folder.name}.partial")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        manifest = _dump(partial)
        if settings.MEDIA_ROOT.is_dir():
            shutil.copytree(settings.MEDIA_ROOT, partial / MEDIA)
        manifest.files = {name: _sha256(partial / name) for name in _names(partial)}
        text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
        (partial / MANIFEST).write_text(text, encoding="utf-8")
        for path in partial.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        raise BackupProblem(
            f"备份没有写完（{embedded.WORDS.get(error.errno or 0, error.strerror)}）", f"请核对 {folder.parent}"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def restore(*, folder: Path, replace: bool = False) -> Manifest:
    """Bring a backup into an empty database, all or nothing, and compare it with its manifest.

    `replace` empties the database first, in the same transaction: if the restore fails, what was there stays.
    """
    manifest = read(folder=folder)
    _check_files(folder, manifest)
    _check_keys(manifest)
    _check_migrations(manifest)
    held = _tables(connection)
    if held and not replace:
        raise BackupProblem(
            f"数据库里已有 {len(held)} 张表", "请换一个空的数据库，或加上 --replace（会先清掉现有的全部数据）"
        )
    _load(folder / DATABASE, empty_first=bool(held))
    if (folder / MEDIA).is_dir():
        shutil.copytree(folder / MEDIA, settings.MEDIA_ROOT, dirs_exist_ok=True)
    _compare(manifest)
    return manifest


def read(*, folder: Path) -> Manifest:
    try:
        stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**stored)
    except (OSError, ValueError, TypeError) as error:
        raise BackupProblem(
            f"{folder} 不是一份完整的备份", "应是 manage.py backup 建立的文件夹，内有 manifest.json"
        ) from error
    if manifest.format != FORMAT:
        raise BackupProblem("这份备份的格式与程序不同", "请用做备份时的程序版本恢复")
    return manifest


def _dump(partial: Path) -> Manifest:
    """Dump and count in one snapshot, so that the counts hold though people go on writing."""
    reader = connection.copy()
    try:
        reader.set_autocommit(False)
        with reader.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            arguments = ("--format=directory", f"--jobs={_jobs()}", "--no-owner", "--no-privileges",
                         f"--snapshot={snapshot}", f"--file={partial / DATABASE}")  # fmt: skip
            _finish(_start("pg_dump", *arguments, stdout=subprocess.DEVNULL))
            tables = {name: _measure(cursor, name) for name in _tables(reader)}
            used = {key for name in tables for key in _key_ids(cursor, name)}
            cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
            migrations = [row[0] for row in cursor.fetchall()]
    finally:
        reader.close()
    known = crypto.fingerprints()
    return Manifest(
        created_at=timezone.now().isoformat(timespec="seconds"),
        server=_server_version(),
        migrations=migrations,
        tables=tables,
        keys={key: known[key] for key in sorted(used & known.keys())},
        index_key=crypto.index_fingerprint(),
    )


def _tables(database: BaseDatabaseWrapper) -> list[str]:
    with database.cursor() as cursor:
        cursor.execute(TABLES)
        return [row[0] for row in cursor.fetchall()]


def _measure(cursor: CursorWrapper, table: str) -> dict[str, Any]:
    """Rows of a table and a sum over them in which no row may change, come or go."""
    cursor.execute(SESSION)
    cursor.execute(f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {table} t")
    rows, total = cursor.fetchone()
    return {"rows": rows, "hash": hashlib.sha256(total.encode()).hexdigest()[:32]}


def _key_ids(cursor: CursorWrapper, table: str) -> Iterator[str]:
    cursor.execute(
        f"SELECT DISTINCT m[1] FROM {table} t, regexp_matches(t::text, %s, 'g') m WHERE t::text LIKE '%%sm4:%%'",
        [TOKEN],
    )
    for row in cursor.fetchall():
        yield row[0]


def _load(dump: Path, *, empty_first: bool) -> None:
    connection.close()
    emptying = ("-c", EMPTY_IT) if empty_first else ()
    reader = _start("pg_restore", "--no-owner", "--no-privileges", "--file=-", str(dump), on_database=False)
    writer = _start(
        "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "-c", WAIT_FOR_OTHERS,
        *emptying, "-f", "-", stdin=reader.stdout, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    if reader.stdout:
        reader.stdout.close()  # the writer alone reads on
    _finish(writer, reader)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _compare(manifest: Manifest) -> None:
    same_kind = _server_version() == manifest.server  # another version may sum otherwise
    with connection.cursor() as cursor:
        here = {name: _measure(cursor, name) for name in _tables(connection)}
    for name in sorted(here.keys() | manifest.tables.keys()):
        found, noted = here.get(name, {}), manifest.tables.get(name, {})
        if found.get("rows") != noted.get("rows") or (same_kind and found != noted):
            raise BackupProblem(
                f"恢复后的表 {name} 与备份清单不一致（应有 {noted.get('rows')} 行，现有 {found.get('rows')} 行）",
                "请不要使用这个数据库，换一份备份再恢复",
            )


def _check_files(folder: Path, manifest: Manifest) -> None:
    for name in sorted(set(_names(folder)) | manifest.files.keys()):
        path = folder / name
        if name not in manifest.files or not path.is_file() or _sha256(path) != manifest.files[name]:
            raise BackupProblem(f"备份中的文件 {name} 缺失、多余或被改动过", "请换一份备份")


def _check_keys(manifest: Manifest) -> None:
    known = crypto.fingerprints()
    for key, fingerprint in manifest.keys.items():
        if known.get(key) != fingerprint:
            raise BackupProblem(
                f"缺少编号为 {key} 的数据密钥，或同一编号的密钥不同", "请把做备份时的密钥放进 DATA_KEYS 再恢复"
            )
    if manifest.index_key != crypto.index_fingerprint():
        raise BackupProblem("INDEX_KEY 与做备份时的不同", "请换成做备份时的 INDEX_KEY 再恢复，否则按证件号查不到人")


def _check_migrations(manifest: Manifest) -> None:
    ours = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := [name for name in manifest.migrations if name not in ours]:
        raise BackupProblem(f"备份来自更新的程序（有这里没有的迁移 {unknown[0]}）", "请先升级程序再恢复")


class Tool(subprocess.Popen[bytes]):
    """One of PostgreSQL's tools at work; its complaints go to a file, so that it never waits for a reader."""

    def __init__(self, command: list[str], **options: Any) -> None:
        self.complaints = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        super().__init__(command, stderr=self.complaints, **options)

    def words(self) -> str:
        self.complaints.seek(0)
        return self.complaints.read().decode(errors="replace")


def _start(
    tool: str, *arguments: str, on_database: bool = True, stdin: Any = subprocess.DEVNULL, stdout: int = subprocess.PIPE
) -> Tool:
    """Start a tool on our database; the password goes by the environment, not by the command."""
    command, more = [_tool(tool), *arguments], None
    if on_database:
        where, more = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, list(arguments))
        command = [_tool(tool), *where[1:]]
    return Tool(command, stdin=stdin, stdout=stdout, env=os.environ | (more or {}))


def _finish(*tools: Tool) -> None:
    """Wait for all of them; the first one's complaint is the one that counts."""
    for tool in tools:
        tool.wait()
    for tool in tools:
        if tool.returncode:
            raise BackupProblem(*_reason(tool.words()))


def _reason(words: str) -> tuple[str, str]:
    if "lock timeout" in words:
        return (
            "别的程序正在用这个数据库",
            "请先停掉网站和后台任务（docker compose stop web worker beat，或 Ctrl-C）再恢复",
        )
    if "No space left" in words:
        return "磁盘已满", "请腾出空间再试"
    found = re.search(r"(?:error|FATAL|ERROR): +([^\n\"']{0,160})", words)  # without what stands in quotes: values
    return f"数据库工具没有做完（{found[1].strip() if found else '没有更多说明'}）", "请按括号里的原因处理"


def _tool(name: str) -> str:
    """A tool as new as the server: the one on the machine, or the one that ships with the project."""
    candidates = [] if environment.uses_embedded_database() else [shutil.which(name) or ""]
    with contextlib.suppress(embedded.EmbeddedProblem):
        candidates.append(embedded.postgres_binary(name))
    for candidate in candidates:
        if candidate and Path(candidate).exists() and _major(candidate) >= _server_version():
            return candidate
    raise BackupProblem(f"没有 {name}，或它比数据库旧", f"请安装 PostgreSQL {_server_version()} 的客户端工具")


def _major(tool: str) -> int:
    said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\b(\d+)[.\w]*", said)
    return int(found[1]) if found else 0


def _server_version() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10000


def _jobs() -> int:
    return min(4, os.cpu_count() or 1)


def _names(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST
    )


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
