"""Health answers within two seconds whatever is broken, and names the part; pages go on without the broker."""

import os
import signal
import time

import pytest
from django.db import connections
from django.urls import reverse

from apps.accounts.models import User
from apps.core import background
from communitycloud import embedded, environment
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PLAIN = {"ready": False, "database": True, "broker": True, "worker": False}  # no worker runs beside these tests


@pytest.fixture
def broker_away():
    embedded.stop_valkey()
    yield
    embedded.start_valkey()


@pytest.fixture
def broker_frozen():
    pid = int((environment.socket_dir() / "valkey.pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    yield
    os.kill(pid, signal.SIGCONT)


def _ask(client) -> tuple[dict, float]:
    started = time.monotonic()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    return answer.json(), time.monotonic() - started


def test_healthz_answers_anybody(client):
    assert client.get("/healthz").json() == {"status": "ok"}


def test_readyz_names_the_part_that_does_not_answer(client):
    answer, seconds = _ask(client)
    assert answer == PLAIN
    assert seconds < 2.5


def test_a_broker_that_is_away(client, broker_away):
    answer, seconds = _ask(client)
    assert answer == PLAIN | {"broker": False}
    assert seconds < 2.5


def test_a_broker_that_hangs(client, broker_frozen):
    answer, seconds = _ask(client)
    assert answer == PLAIN | {"broker": False}
    assert seconds < 2.5


def test_a_database_that_is_away(client):
    before = connections.settings["default"]["HOST"]
    connections.settings["default"]["HOST"] = "/nowhere"
    try:
        answer, seconds = _ask(client)
    finally:
        connections.settings["default"]["HOST"] = before
    assert answer == PLAIN | {"database": False}
    assert seconds < 2.5


def test_pages_work_while_the_broker_is_away(client, broker_away):
    user = UserFactory()
    user.set_password("a-Password-of-10")
    user.save()
    words = {"username": user.username, "password": "a-Password-of-10"}
    assert client.post(reverse("accounts:login"), words).status_code == 302
    assert client.get(reverse("portal:workbench")).status_code == 403  # no post, as with a broker
    assert User.objects.get(pk=user.pk).last_login


def test_work_is_handed_over_at_once_though_the_broker_is_away(broker_away):
    started = time.monotonic()
    for _ in range(3):
        background._send("apps.ledgers.tasks.run_prefill", 1)
    assert time.monotonic() - started < 2
