"""The web server's settings (网站进程), for `make run` and for containers alike."""

import os
from pathlib import Path

from communitycloud import environment, logs

bind = os.environ.get("BIND") or f"127.0.0.1:{environment.port()}"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
worker_class = "gthread"
preload_app = True  # one start of Django for all of them
timeout = 60
graceful_timeout = 8
keepalive = 5
max_requests, max_requests_jitter = 5000, 500
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
loglevel = "warning"
accesslog = None  # the request log is our own: an access log would hold addresses with what was typed into them
logconfig_dict = logs.config(environment.IS_PRODUCTION)
