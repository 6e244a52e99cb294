"""Where things are (运行环境): folders, addresses and switches read from the environment, before Django starts."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").resolve()
LOG_DIR = VAR_DIR / "logs"
IS_PRODUCTION = os.environ.get("COMMUNITYCLOUD_ENV", "development") == "production"
LONGEST_SOCKET_DIR = 80  # a Unix socket's path holds 107 bytes, and the server adds its own name
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")  # needs no quoting in addresses and server options


class EnvironmentProblem(Exception):
    """The environment or a folder is not as it must be; the message is one line that says what to do."""


def port() -> int:
    """Port of the site, from PORT."""
    text = os.environ.get("PORT") or "8000"
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise EnvironmentProblem(f"PORT 应为 1 到 65535 的整数，现在是“{text}”。例如：PORT=8010 make run")


def socket_dir() -> Path:
    """Folder of the embedded servers' sockets: under VAR_DIR, or a short plain one if that will not do."""
    folder = VAR_DIR / "sockets"
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_DIR and PLAIN_PATH.fullmatch(str(folder)):
        return folder
    digest = hashlib.sha256(os.fsencode(VAR_DIR)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"communitycloud-{os.getuid()}-{digest}"


def uses_embedded_database() -> bool:
    return not os.environ.get("DATABASE_URL")


def uses_embedded_broker() -> bool:
    return not os.environ.get("REDIS_URL")


def database_url() -> str:
    """Address of the database; the embedded server's socket when DATABASE_URL names none."""
    host = str(socket_dir()).replace("/", "%2F")
    return os.environ.get("DATABASE_URL") or f"postgresql://communitycloud@{host}/communitycloud"


def redis_url() -> str:
    """Address of broker and cache; the embedded server's socket when REDIS_URL names none."""
    return os.environ.get("REDIS_URL") or f"redis+socket://{socket_dir()}/valkey.sock"
