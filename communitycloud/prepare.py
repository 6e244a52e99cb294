"""What `make run` does between the servers and the site (启动前的准备): tables, the demo district, static files."""

import contextlib
import io
import os
import sys
import time

STEPS = (
    ("正在准备数据表", ("migrate", "--verbosity", "0")),
    ("正在准备演示区（第一次约半分钟）", ("demo",)),
    ("正在准备页面文件", ("collectstatic", "--noinput", "--verbosity", "0")),
)


def main() -> None:
    """One process for all steps: starting Django for each would take longer than the steps themselves."""
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "communitycloud.settings")
    django.setup()
    for label, command in STEPS:
        print(f"{label}…", end="", flush=True)
        started, said = time.monotonic(), io.StringIO()
        with contextlib.redirect_stdout(said):
            call_command(*command)
        print(f" {time.monotonic() - started:.1f} 秒", flush=True)
    print("\n演示账号：")
    call_command("demo", "--accounts")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
