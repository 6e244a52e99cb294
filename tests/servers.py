"""Tests run against servers of their own (自带的数据库与缓存), in a folder thrown away afterwards.

Loaded by `-p tests.servers`, before the settings are: they must see this VAR_DIR.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_SCRATCH = Path(tempfile.mkdtemp(prefix="communitycloud-test-"))
_SCRATCH.chmod(0o755)
os.environ["VAR_DIR"] = str(_SCRATCH)
signal.signal(signal.SIGTERM, signal.default_int_handler)  # a run that is cut short takes its servers with it


@pytest.fixture(scope="session", autouse=True)
def embedded_servers() -> Iterator[None]:
    from communitycloud import embedded

    with embedded.servers(durable=False):
        yield
    shutil.rmtree(_SCRATCH, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(embedded_servers: None) -> None:
    """The database is there before pytest-django makes the test database in it."""


@pytest.fixture(scope="session", autouse=True)
def collected_static_files() -> None:
    """Pages are rendered with the hashed file names they have in production."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
