"""A whole site for browser tests (整站): its own database, gunicorn and a Celery worker, as `make run` starts them."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from django.db import connections

from communitycloud import environment

BIN = Path(sys.executable).parent
READY_SECONDS = 40


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """The running site; `orm()` lets a test prepare or look at its rows."""

    def __init__(self, database: str) -> None:
        self.database, self.port = database, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        host = str(environment.socket_dir()).replace("/", "%2F")
        self.environment = os.environ | {
            "DATABASE_URL": f"postgresql://communitycloud@{host}/{database}",
            "DJANGO_SETTINGS_MODULE": "communitycloud.settings",
            "PORT": str(self.port),
        }
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        with open(environment.VAR_DIR / f"{self.database}.log", "ab") as log:
            return subprocess.Popen(
                command, cwd=environment.BASE_DIR, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def start_web(self) -> None:
        self.web = self._start(
            str(BIN / "gunicorn"), "communitycloud.wsgi", "--bind", f"127.0.0.1:{self.port}", "--workers", "1",
            "--threads", "4", "--worker-class", "gthread", "--log-level", "warning",
        )  # fmt: skip
        deadline = time.monotonic() + READY_SECONDS
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5)
                return
            if time.monotonic() > deadline or self.web.poll() is not None:
                raise RuntimeError(f"the site did not start: {environment.VAR_DIR}/{self.database}.log")

    def start_worker(self) -> None:
        self.worker = self._start(
            str(BIN / "celery"), "-A", "communitycloud", "--quiet", "worker", "--beat", "--concurrency", "1",
            "--loglevel", "WARNING", "--schedule", str(environment.VAR_DIR / f"{self.database}-beat"),
        )  # fmt: skip

    def stop(self) -> None:
        for process in (self.web, self.worker):
            if process and process.poll() is None:
                process.terminate()
        for process in (self.web, self.worker):
            if process:
                process.wait(30)

    def kill_worker(self) -> None:
        """kill -9 of the worker and its children (工作进程被强行结束)."""
        os.killpg(self.worker.pid, 9)
        self.worker.wait()

    @contextlib.contextmanager
    def orm(self) -> Iterator[None]:
        """Models read and write this site's database for the duration."""
        connection = connections["default"]
        connection.close()
        before = connection.settings_dict["NAME"]
        connection.settings_dict["NAME"] = self.database
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before
