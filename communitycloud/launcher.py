"""`make run`: the servers, the site, one worker and beat, started together and stopped together (一键启动)."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from communitycloud import embedded, environment

BIN = Path(sys.executable).parent
READY_SECONDS, STOP_SECONDS = 60, 10


class LaunchProblem(Exception):
    """The site cannot start; the message is one line that says what to do."""


def _check_port() -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", environment.PORT))
        except OSError as error:
            raise LaunchProblem(
                f"端口 {environment.PORT} 已被占用。请关掉占用它的程序，或换一个端口：PORT=8010 make run"
            ) from error


def _manage(*arguments: str) -> None:
    if subprocess.run([sys.executable, "manage.py", *arguments], cwd=environment.BASE_DIR).returncode:
        raise LaunchProblem(f"“manage.py {' '.join(arguments)}”没有完成，原因见上面的输出")


def _commands() -> dict[str, list[str]]:
    celery = [str(BIN / "celery"), "-A", "communitycloud"]
    return {
        "web": [str(BIN / "gunicorn"), "communitycloud.wsgi", "--bind", f"127.0.0.1:{environment.PORT}",
                "--workers", "2", "--threads", "4", "--worker-class", "gthread", "--log-level", "warning"],
        "worker": [*celery, "--quiet", "worker", "--concurrency", "2", "--loglevel", "WARNING"],
        "beat": [*celery, "--quiet", "beat", "--loglevel", "WARNING", "--pidfile", ""],
    }  # fmt: skip


def _wait_until_up(web: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and web.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", environment.PORT)) == 0:
                return
        time.sleep(0.1)
    raise LaunchProblem("网站没有启动，原因见上面的输出")


def _stop(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes.values():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _leave(*_: object) -> None:
    raise KeyboardInterrupt


def run() -> None:
    """Start everything, print where it is, and stop all of it on Ctrl-C, SIGTERM, or when the site or a server dies."""
    _check_port()
    signal.signal(signal.SIGTERM, _leave)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    with embedded.servers():
        try:
            _manage("migrate", "--verbosity", "0")
            _manage("demo")
            _manage("collectstatic", "--noinput", "--verbosity", "0")
            for name, command in _commands().items():
                processes[name] = subprocess.Popen(command, cwd=environment.BASE_DIR, start_new_session=True)
            _wait_until_up(processes["web"])
            print(f"\n新版社区云已启动：http://127.0.0.1:{environment.PORT}　按 Ctrl-C 停止\n演示账号：", flush=True)
            _manage("demo", "--accounts")
            while processes["web"].poll() is None:
                for name in ("worker", "beat"):
                    if processes[name].poll() is not None:
                        print(f"{name} 意外停止，已重新启动", flush=True)
                        processes[name] = subprocess.Popen(
                            _commands()[name], cwd=environment.BASE_DIR, start_new_session=True
                        )
                time.sleep(1)
            raise LaunchProblem("网站意外停止，原因见上面的输出")
        except KeyboardInterrupt:
            print("\n正在停止…", flush=True)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            _stop(processes)
    print("已停止")


if __name__ == "__main__":
    try:
        run()
    except (LaunchProblem, embedded.EmbeddedProblem) as problem:
        sys.exit(str(problem))
