#!/usr/bin/env python
"""The way in for every command (命令入口); starts the embedded servers for its own duration when nobody else has."""

import contextlib
import os
import sys

WITHOUT_SERVERS = {"help", "--help", "--version", "version", "collectstatic", "compilemessages", "makemessages"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "communitycloud.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db.utils import OperationalError

        from communitycloud import embedded, environment
    except ImportError as error:
        sys.exit(f"缺少依赖（{error.name}）。请先运行 make setup，再用 .venv/bin/python manage.py")
    needs_servers = len(sys.argv) > 1 and sys.argv[1] not in WITHOUT_SERVERS and "--help" not in sys.argv
    try:
        with embedded.servers() if needs_servers else contextlib.nullcontext():
            execute_from_command_line(sys.argv)
    except (environment.EnvironmentProblem, ImproperlyConfigured) as problem:
        sys.exit(str(problem))
    except OperationalError as error:
        if "connection to server" not in str(error):
            raise
        sys.exit("数据库连不上。请核对 DATABASE_URL，并确认它在运行")


if __name__ == "__main__":
    main()
