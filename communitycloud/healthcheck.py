"""Health of one container (容器健康检查): `python -m communitycloud.healthcheck web|worker|beat`; 0 is well."""

import os
import socket
import sys
import time
import urllib.request
from pathlib import Path

BEAT_SECONDS = 120  # it does something every fifteen


def web() -> bool:
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
    port = (os.environ.get("BIND") or "127.0.0.1:8000").rpartition(":")[2]
    request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return bool(answer.status == 200)


def worker() -> bool:
    """This container's worker, asked through the broker."""
    from communitycloud import celery_app

    return bool(celery_app.control.ping(destination=[f"celery@{socket.gethostname()}"], timeout=5, limit=1))


def beat() -> bool:
    """Beat writes its schedule down after each task it sends."""
    from django.conf import settings

    schedule = Path(settings.CELERY_BEAT_SCHEDULE_FILENAME)
    written = [path.stat().st_mtime for path in schedule.parent.glob(f"{schedule.name}*")]
    return bool(written) and time.time() - max(written) < BEAT_SECONDS


CHECKS = {"web": web, "worker": worker, "beat": beat}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "communitycloud.settings")
    try:
        well = CHECKS[sys.argv[1]]()
    except Exception as error:  # whatever it is, it is not well
        print(type(error).__name__)
        well = False
    sys.exit(0 if well else 1)
