import json

import pytest

pytestmark = pytest.mark.django_db


def test_healthz_answers_anybody(client):
    assert client.get("/healthz").json() == {"status": "ok"}


def test_readyz_names_the_part_that_does_not_answer(client):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert json.loads(answer.content) == {"ready": False, "database": True, "broker": True, "worker": False}
