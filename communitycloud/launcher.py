"""`make run`: the servers, the site, one worker and beat, started together and stopped together (一键启动)."""

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from communitycloud import embedded, environment
from communitycloud.environment import EnvironmentProblem

READY_SECONDS, STOP_SECONDS, LOOK_SECONDS, PATIENCE_SECONDS = 60, 10, 2, 60
MOST_RESTARTS, RESTART_SECONDS = 5, 60
LOG_BYTES, LOGS_KEPT = 10_000_000, 5
RUN_DIR = environment.VAR_DIR / "run"


class LaunchProblem(EnvironmentProblem):
    """The site cannot start; the message is one line that says what to do."""


class Stopped(Exception):
    """Somebody asked us to stop (Ctrl-C, SIGTERM, a closed terminal)."""


class Signals:
    """Requests to stop and the end of a child, noticed while waiting and nowhere else: no step is cut in half."""

    def __init__(self) -> None:
        self.stopping = False
        self.reader, writer = os.pipe()
        for end in (self.reader, writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def wait(self, seconds: float) -> None:
        """Wait, but not beyond a signal."""
        if select.select([self.reader], [], [], max(0, seconds))[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self.reader, 1024)

    def check(self) -> None:
        if self.stopping:
            raise Stopped


def _say(words: str, end: str = "\n") -> None:
    with contextlib.suppress(OSError):  # the terminal may be closed
        print(words, end=end, flush=True)


@contextlib.contextmanager
def _step(label: str) -> Iterator[None]:
    _say(f"{label}…", end="")
    started = time.monotonic()
    try:
        yield
    except BaseException:
        _say("")
        raise
    _say(f" {time.monotonic() - started:.1f} 秒")


def _check_port() -> None:
    port = environment.port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise LaunchProblem(f"普通用户不能用端口 {port}。请用 1024 以上的端口，例如：PORT=8010 make run") from error
        except OSError as error:
            raise LaunchProblem(
                f"端口 {port} 已被占用。请关掉占用它的程序，或换一个端口，例如：PORT=8010 make run"
            ) from error


def _check_elsewhere() -> None:
    """Servers that the environment names must answer."""
    if not environment.uses_embedded_database():
        import psycopg2

        try:
            connection = psycopg2.connect(environment.database_url(), connect_timeout=5)
        except (psycopg2.Error, UnicodeDecodeError) as error:
            raise LaunchProblem("DATABASE_URL 指的数据库连不上。请核对地址、库名、账号和密码") from error
        version = connection.server_version // 10000
        connection.close()
        if version < 15:
            raise LaunchProblem(f"DATABASE_URL 指的数据库是 PostgreSQL {version}，需要 15 或更新的版本")
    if not environment.uses_embedded_broker():
        import redis

        try:
            redis.Redis.from_url(
                environment.redis_url().replace("redis+socket://", "unix://"), socket_connect_timeout=5
            ).ping()
        except (redis.RedisError, OSError, ValueError) as error:
            raise LaunchProblem("REDIS_URL 指的缓存连不上。请核对地址和密码，并确认它在运行") from error


def _open_lock(name: str) -> IO[str]:
    try:
        for folder in (environment.VAR_DIR, environment.LOG_DIR, RUN_DIR):
            embedded.plain_folder(folder)
        return open(RUN_DIR / name, "a")  # noqa: SIM115 - held as long as we live
    except OSError as error:
        raise embedded.cannot_write(Path(error.filename or environment.VAR_DIR), error) from error


def _take(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Site:
    """The processes of the site; each holds the lock it inherits, so those a killed launcher left are found again."""

    def __init__(self, signals: Signals) -> None:
        self.signals = signals
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.restarts: dict[str, deque[float]] = {}
        self.lock = _open_lock("site.lock")
        self.record = RUN_DIR / "site.json"

    def clear_leftovers(self) -> None:
        """End what a launcher left that was killed outright (kill -9)."""
        if _take(self.lock):
            return
        with _step("上次没有正常停止，正在清理"):
            for number in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(OSError, ValueError):
                    for pid in json.loads(self.record.read_text()).values():
                        with contextlib.suppress(ProcessLookupError, PermissionError):
                            os.killpg(pid, number)
                deadline = time.monotonic() + STOP_SECONDS
                while time.monotonic() < deadline:
                    if _take(self.lock):
                        return
                    self.signals.wait(0.1)
                    self.signals.check()
            raise LaunchProblem(f"上次运行的程序还没有退出。请结束它们再启动，进程号在 {self.record}")

    def start(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a process in a session of its own, its output in its log."""
        with open(environment.LOG_DIR / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *command], cwd=environment.BASE_DIR, stdin=subprocess.DEVNULL,
                stdout=None if name == "prepare" else log, stderr=log, start_new_session=True,
                pass_fds=[self.lock.fileno()],
            )  # fmt: skip
        self.record.write_text(json.dumps({each: process.pid for each, process in self.processes.items()}))
        return self.processes[name]

    def prepare(self) -> None:
        process = self.start("prepare", ["-m", "communitycloud.prepare"])
        while process.poll() is None:
            self.signals.wait(1)
            self.signals.check()
        if self.processes.pop("prepare").returncode:
            _say("")
            raise self.failure("准备工作没有完成", "prepare")

    def start_all(self) -> None:
        commands = _commands()
        web = self.start("web", commands.pop("web"))  # alone first: a page sooner
        deadline = time.monotonic() + READY_SECONDS
        while not _answers():
            if web.poll() is not None or time.monotonic() > deadline:
                raise self.failure("网站没有启动", "web")
            self.signals.wait(0.1)
            self.signals.check()
        for name, command in commands.items():
            self.start(name, command)

    def keep_alive(self) -> None:
        """Start again what stopped on its own; a site that stops again and again is a problem."""
        for name, process in list(self.processes.items()):
            if process.poll() is None:
                continue
            past = self.restarts.setdefault(name, deque(maxlen=MOST_RESTARTS))
            if len(past) == MOST_RESTARTS and time.monotonic() - past[0] < RESTART_SECONDS:
                raise self.failure(f"{name} 反复停止", name)
            past.append(time.monotonic())
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # children that outlived it
            _say(f"{name} 意外停止，已重新启动。原因见 {environment.LOG_DIR}/{name}.log")
            self.start(name, _commands()[name])

    @staticmethod
    def failure(what: str, name: str) -> LaunchProblem:
        log = environment.LOG_DIR / f"{name}.log"
        lines = log.read_text(errors="replace")[-4000:].strip().splitlines() or ["没有更多说明"]
        return LaunchProblem(f"{what}（{lines[-1].strip()[:200]}）。全部记录在 {log}")

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.processes.values():
            while process.poll() is None and time.monotonic() < deadline:
                self.signals.wait(0.1)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.record.unlink(missing_ok=True)


def _commands() -> dict[str, list[str]]:
    celery = ["-m", "celery", "-A", "communitycloud", "--quiet"]
    return {
        "web": ["-m", "gunicorn", "--config", "python:communitycloud.gunicorn_conf", "communitycloud.wsgi"],
        "worker": [*celery, "worker", "--concurrency", "2"],
        "beat": [*celery, "beat", "--pidfile", ""],
    }  # fmt: skip


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{environment.port()}/healthz", timeout=2):
            return True
    except OSError:
        return False


def rotate(log: Path, most: int = LOG_BYTES, kept: int = LOGS_KEPT) -> None:
    """Keep a log small: copied away and emptied in place, for its writers hold it open for appending."""
    if not log.exists() or log.stat().st_size <= most:
        return
    for number in range(kept - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.rename(log.with_name(f"{log.name}.{number + 1}"))
    shutil.copy2(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)


def run() -> None:
    """Start everything, print where it is, and stop all of it on Ctrl-C, SIGTERM, or when it keeps falling over."""
    if environment.IS_PRODUCTION:
        raise LaunchProblem("make run 只用于演示和开发：它会建立密码公开的演示账号。生产环境请看 docs/operations.md")
    port, signals = environment.port(), Signals()
    mine = _open_lock("launcher.lock")
    if not _take(mine):
        raise LaunchProblem(
            f"已有一个 make run 在用 {environment.VAR_DIR}。"
            "请先停掉它，或另起一份，例如：VAR_DIR=/tmp/shequyun PORT=8010 make run"
        )
    site = Site(signals)
    site.clear_leftovers()
    _check_port()
    _check_elsewhere()
    with contextlib.ExitStack() as servers:
        try:
            with _step("正在启动数据库和缓存"):
                servers.enter_context(embedded.servers())
            signals.check()
            _rotate_all()
            site.prepare()
            with _step("\n正在启动网站和后台任务"):
                site.start_all()
            _say(f"\n新版社区云已启动：http://127.0.0.1:{port}　按 Ctrl-C 停止\n运行记录在 {environment.LOG_DIR}")
            _watch(site, signals)
        except Stopped:
            _say("\n正在停止…")
        finally:
            site.stop()
    _say("已停止")


def _watch(site: Site, signals: Signals) -> None:
    looked = well = time.monotonic()
    while True:
        signals.wait(1)
        signals.check()
        site.keep_alive()
        if time.monotonic() - looked < LOOK_SECONDS:
            continue
        try:
            embedded.start()  # starts again a server that was killed
            well = time.monotonic()
        except EnvironmentProblem:
            if time.monotonic() - well > PATIENCE_SECONDS:
                raise
        _rotate_all()
        looked = time.monotonic()


def _rotate_all() -> None:
    for log in environment.LOG_DIR.glob("*.log"):
        with contextlib.suppress(OSError):
            rotate(log)


if __name__ == "__main__":
    try:
        run()
    except Stopped:
        _say("已停止")
    except EnvironmentProblem as problem:
        sys.exit(str(problem))
