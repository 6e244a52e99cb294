"""`make run` for real: once from nothing to Ctrl-C, and every way it can be kept from starting, each with one line."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from communitycloud import environment, launcher

READY_SECONDS = 90
SEND = """
import django, structlog
django.setup()
from apps.core.tasks import requeue_stranded
structlog.contextvars.bind_contextvars(request_id="{request_id}")
requeue_stranded.delay()
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def var_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="shequyun-run-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class Launched:
    """A launcher with a terminal's habits: its output is read, and Ctrl-C reaches its whole process group."""

    def __init__(self, var_dir: Path, **more: str) -> None:
        self.var_dir, self.port = var_dir, _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        without = {"DATABASE_URL", "REDIS_URL", "COMMUNITYCLOUD_ENV"}
        inherited = {key: value for key, value in os.environ.items() if key not in without}
        self.environment = inherited | {"VAR_DIR": str(var_dir), "PORT": str(self.port)} | more
        self.process = subprocess.Popen(
            [sys.executable, "-m", "communitycloud.launcher"], cwd=environment.BASE_DIR, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        self.said = ""

    def read_until(self, words: str) -> None:
        while words not in self.said:
            line = self.process.stdout.readline()
            assert line, f"ended before saying “{words}”: {self.said}"
            self.said += line

    def end(self, number: signal.Signals = signal.SIGINT) -> str:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        self.said += self.process.communicate(timeout=60)[0]
        return self.said

    def pid(self, name: str) -> int:
        return json.loads((self.var_dir / "run" / "site.json").read_text())[name]

    def wait_until(self, true) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not true():
            assert time.monotonic() < deadline, self.logs()

    def is_ready(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.url}/readyz", timeout=5).status == 200
        except OSError:
            return False

    def logs(self) -> str:
        return "".join(log.read_text() for log in (self.var_dir / "logs").glob("*.log"))

    def processes(self) -> list[str]:
        """Every process that works on this folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes()
                ours = f"VAR_DIR={self.var_dir}\0".encode() in (process / "environ").read_bytes()
                if command and (ours or os.fsencode(self.var_dir) in command):
                    found.append(command.decode(errors="replace").replace("\0", " "))
        return found


@pytest.fixture(scope="module")
def site(var_dir: Path) -> Iterator[Launched]:
    launched = Launched(var_dir)
    launched.read_until("运行记录在")
    yield launched
    launched.end()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
class TestOneRun:
    """In this order, on one site."""

    def test_it_says_what_it_does_where_it_is_and_who_may_log_in(self, site):
        for words in ("正在启动数据库和缓存", "正在准备数据表", "正在准备演示区", site.url, "按 Ctrl-C 停止"):
            assert words in site.said
        for role in ("村居填报员", "街镇管理员", "部门填报管理员", "系统管理员", "安全管理员", "审计管理员", "无岗位"):
            assert role in site.said

    def test_everything_answers(self, site):
        site.wait_until(site.is_ready)

    def test_an_answer_carries_the_id_its_log_line_has(self, site):
        answer = urllib.request.urlopen(f"{site.url}/accounts/login/?next=/310230199001011791/")
        assert answer.headers["X-Request-ID"] in (site.var_dir / "logs" / "web.log").read_text()
        assert "310230199001011791" not in site.logs()

    def test_the_id_reaches_the_lines_of_the_worker(self, site):
        request_id, log = "0f" * 16, site.var_dir / "logs" / "worker.log"
        more = {"DJANGO_SETTINGS_MODULE": "communitycloud.settings"}
        subprocess.run(
            [sys.executable, "-c", SEND.format(request_id=request_id)], cwd=environment.BASE_DIR,
            env=site.environment | more, check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        site.wait_until(lambda: any("task_succeeded" in line and request_id in line for line in log.open()))

    def test_a_second_launcher_on_the_same_folder_is_refused(self, site):
        assert _only_line(Launched(site.var_dir)).startswith(f"已有一个 make run 在用 {site.var_dir}")

    def test_a_killed_worker_and_a_killed_broker_come_back(self, site):
        os.killpg(site.pid("worker"), signal.SIGKILL)
        os.kill(int((site.var_dir / "sockets" / "valkey.pid").read_text()), signal.SIGKILL)
        site.read_until("worker 意外停止，已重新启动")
        site.wait_until(site.is_ready)

    def test_after_kill_9_of_the_launcher_the_next_one_clears_up_and_starts_quickly(self, site, var_dir):
        left = site.pid("web")
        site.end(signal.SIGKILL)
        os.kill(left, 0)  # lives on
        started = time.monotonic()
        site.__init__(var_dir)
        site.read_until("运行记录在")
        assert "上次没有正常停止，正在清理" in site.said
        assert time.monotonic() - started < 30  # some 4 on a machine that does nothing else
        with pytest.raises(ProcessLookupError):
            os.kill(left, 0)

    def test_ctrl_c_stops_all_of_it_without_a_word_too_many(self, site):
        said = site.end()
        assert said.endswith("\n正在停止…\n已停止\n")
        assert site.process.returncode == 0
        assert "Traceback" not in said
        assert site.processes() == []
        assert "Traceback" not in (site.var_dir / "logs" / "web.log").read_text()

    @pytest.mark.parametrize(
        ("step", "number"),
        [("正在启动数据库", signal.SIGINT), ("正在准备数据表", signal.SIGTERM), ("演示账号", signal.SIGHUP)],
    )
    def test_it_can_be_stopped_at_any_step(self, site, var_dir, step, number):
        again = Launched(var_dir)
        while step not in again.said:
            again.said += again.process.stdout.read(1)
        said = again.end(number)
        assert said.endswith("正在停止…\n已停止\n")
        assert "Traceback" not in said
        assert again.processes() == []


def _only_line(launched: Launched) -> str:
    said = launched.process.communicate(timeout=60)[0]
    assert launched.process.returncode == 1
    lines = [line for line in said.splitlines() if line and not line.startswith("正在")]
    assert len(lines) == 1, said
    return lines[0]


@pytest.mark.parametrize("port", ["abc", "0", "65536", "８０８０"])
def test_a_port_that_is_none(var_dir, port):
    assert _only_line(Launched(var_dir / "port", PORT=port)).startswith("PORT 应为 1 到 65535 的整数")


def test_a_port_in_use(var_dir):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = _only_line(Launched(var_dir / "port", PORT=str(port)))
    assert line == f"端口 {port} 已被占用。请关掉占用它的程序，或换一个端口，例如：PORT=8010 make run"


def test_a_file_where_the_folder_should_be(var_dir):
    (var_dir / "file").touch()
    assert _only_line(Launched(var_dir / "file")).startswith(f"不能写 {var_dir}/file：它是一个文件，不是文件夹。")
    assert "路径中有一段是文件" in _only_line(Launched(var_dir / "file" / "below"))


def test_a_database_that_is_none(var_dir):
    (var_dir / "other" / "postgres").mkdir(parents=True)
    (var_dir / "other" / "postgres" / "notes.txt").touch()
    assert "不是完整的数据库。请把它移走再启动" in _only_line(Launched(var_dir / "other"))


def test_a_database_of_another_version_or_broken(var_dir, site):
    broken = var_dir / "broken"
    shutil.copytree(var_dir / "postgres", broken / "postgres")
    owner = (var_dir / "postgres").stat()
    for path in (broken / "postgres", *(broken / "postgres").rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    version = broken / "postgres" / "PG_VERSION"
    version.write_text("16\n")
    assert "是 PostgreSQL 16 建立的" in _only_line(Launched(broken))
    version.write_text("18\n")
    (broken / "postgres" / "global" / "pg_control").unlink()
    line = _only_line(Launched(broken))
    assert line.startswith("数据库没有启动（")
    assert f"请移走 {broken}/postgres 再启动" in line


@pytest.mark.parametrize(
    ("name", "address", "words"),
    [
        ("DATABASE_URL", "postgresql://who:secret-word@127.0.0.1:1/x", "DATABASE_URL 指的数据库连不上"),
        ("REDIS_URL", "redis://:secret-word@127.0.0.1:1/0", "REDIS_URL 指的缓存连不上"),
        ("COMMUNITYCLOUD_ENV", "production", "make run 只用于演示和开发"),
    ],
)
def test_an_environment_that_will_not_do(var_dir, name, address, words):
    line = _only_line(Launched(var_dir / "elsewhere", **{name: address}))
    assert line.startswith(words)
    assert "secret-word" not in line


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a folder that others may not enter")
def test_a_folder_of_somebody_else(var_dir):
    folder = var_dir / "somebody" / "postgres"
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("18\n")
    os.chown(folder, 12345, 12345)
    assert "是用户 12345 建立的。请用 12345 运行" in _only_line(Launched(var_dir / "somebody"))


def test_a_log_is_kept_small(tmp_path):
    log = tmp_path / "web.log"
    for round_ in range(7):
        with open(log, "ab") as writer:  # holds it open, as a process does
            writer.write(f"{round_}".encode() * 100)
            writer.flush()
            launcher.rotate(log, most=50, kept=3)
            writer.write(b"after\n")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["web.log", "web.log.1", "web.log.2", "web.log.3"]
    assert log.read_text() == "after\n"
    assert (tmp_path / "web.log.1").read_text().endswith("6" * 100)
