"""What people type, and what exceptions quote of it, never reaches a log line; the request's id does."""

import io
import json
import logging

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import IntegrityError, connection, transaction
from django.http import Http404, HttpResponse
from django.urls import include, path
from django_structlog.celery.receivers import CeleryReceiver

from apps.accounts.models import User
from apps.core.errors import DomainError
from communitycloud import environment, logs
from tests.factories import UserFactory

ID, NAME, PHONE = "310230199001011791", "张三丰", "13800138000"
PLANTED = (ID, NAME, PHONE, "%E5%BC%A0%E4%B8%89%E4%B8%B0", "\\u5f20", "shen-mi-ren")
WORDS = f"{NAME} {ID} {PHONE}"


def _raises(kind):
    def view(request, **_):
        raise kind(WORDS)

    return view


def _database_refuses(request):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE people (name text UNIQUE) ON COMMIT DROP")
        cursor.execute("INSERT INTO people VALUES (%s), (%s)", [WORDS, WORDS])
    return HttpResponse()


urlpatterns = [
    path("", include("communitycloud.urls")),
    path("people/<str:name>/<int:number>/", lambda request, **_: HttpResponse(), name="people"),
    path("value/", _raises(ValueError)),
    path("key/", _raises(KeyError)),
    path("missing/", _raises(Http404)),
    path("denied/", _raises(PermissionDenied)),
    path("suspicious/", _raises(SuspiciousOperation)),
    path("refused/", _raises(DomainError)),
    path("database/", _database_refuses),
]
handler500 = "apps.core.views.server_error"


@pytest.fixture
def said():
    """Everything the process writes to its log, as production writes it."""
    stream = io.StringIO()
    config = logs.config(production=True)
    formatter = config["formatters"]["line"].copy()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter.pop("()")(**formatter))
    handler.addFilter(logs.ForeignArguments())
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def _lines(said: io.StringIO) -> list[dict]:
    text = said.getvalue()
    assert [word for word in PLANTED if word in text] == []
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def visitor(client, settings):
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    return client


pytestmark = pytest.mark.django_db


def test_a_line_says_who_which_page_and_how_it_ended(visitor, said):
    user = UserFactory(username="shen-mi-ren", name=NAME)
    visitor.force_login(user)
    answer = visitor.get("/")
    [line] = _lines(said)
    assert (line["event"], line["code"], line["request"], line["route"]) == ("request_finished", 403, "GET", "")
    assert (line["user_id"], line["request_id"]) == (user.pk, answer["X-Request-ID"])
    assert line["ms"] >= 0


def test_nothing_that_was_typed_is_logged(visitor, said):
    headers = {"User-Agent": WORDS.encode().decode("latin1"), "X-Request-ID": ID, "Referer": f"http://x/?{ID}"}
    visitor.get("/", {"q": WORDS, NAME: ID}, headers=headers)
    visitor.get(f"/nothing/{NAME}/{ID}/", headers=headers)
    visitor.get(f"/people/{NAME}/{ID}/")
    visitor.post("/accounts/login/", {"username": NAME, "password": ID})
    visitor.post("/people/x/1/", json.dumps({"name": NAME, "id": ID}), content_type="application/json")
    visitor.get("/", headers={"Host": f"{PHONE}.example"})
    visitor.generic(f"{NAME}", "/people/x/1/")
    lines = _lines(said)
    assert len(lines) >= 7
    assert {"people/<str:name>/<int:number>/", "accounts/login/", None} <= {line.get("route") for line in lines}


def test_keys_in_an_address_are_logged_only_when_they_are_short_numbers(visitor, said):
    visitor.get("/people/x/12/")
    [line] = _lines(said)
    assert line["number"] == 12
    assert "name" not in line


@pytest.mark.parametrize("what", ["value", "key", "missing", "denied", "suspicious", "refused", "database"])
def test_an_exception_is_logged_by_kind_and_place_and_without_its_words(visitor, said, what):
    answer = visitor.get(f"/{what}/", {"q": WORDS})
    lines = _lines(said)
    assert any(line.get("request_id") == answer["X-Request-ID"] for line in lines)
    failures = [line["failure"] for line in lines if "failure" in line]
    if answer.status_code == 500:
        assert answer["X-Request-ID"] in answer.content.decode()
        assert WORDS not in answer.content.decode()
        assert any("tests/core/test_request_log.py" in frame for frame in failures[0]["at"])


def test_a_script_gets_the_number_of_the_incident_too(visitor):
    answer = visitor.get("/value/", headers={"Accept": "application/json"})
    assert answer.status_code == 500
    assert answer.json()["incident"] == answer["X-Request-ID"]


def test_an_id_from_the_proxy_is_taken_in_production_when_it_is_one(visitor, settings):
    given = "ab" * 16
    assert visitor.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] != given
    settings.TRUST_REQUEST_ID = True
    assert visitor.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] == given
    for bad in (ID, "x" * 32, given + "\t", ""):
        assert visitor.get("/healthz", headers={"X-Request-ID": bad})["X-Request-ID"] != bad


def test_health_checks_that_go_well_are_not_logged(visitor, said):
    visitor.get("/healthz")
    assert _lines(said) == []


def test_lines_of_libraries_lose_their_arguments_unless_they_are_technical(said):
    library = logging.getLogger("some.library")
    library.error("cannot read %s of %s", WORDS, "/tmp/a-file.xlsx")
    library.error("row %(row)d: %(name)s", {"row": 7, "name": NAME})
    library.error("%d people", 31023019900101179)
    library.error(f"no such person: {NAME}")
    library.error("phone %s", PHONE)
    try:
        raise ValueError(WORDS) from KeyError(NAME)
    except ValueError:
        library.exception("failed: %s", WORDS)
    lines = _lines(said)
    assert [line["event"] for line in lines[:2]] == ["cannot read … of /tmp/a-file.xlsx", "row 7: …"]
    assert lines[-1]["failure"]["type"] == "builtins.ValueError"
    assert lines[-1]["failure"]["after"]["type"] == "builtins.KeyError"


def test_a_failed_task_is_logged_without_the_words_of_its_exception(said):
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        CeleryReceiver().receiver_task_failure(task_id="1", exception=error)
        CeleryReceiver().receiver_task_retry(reason=WORDS)
    failed, retried = _lines(said)
    assert (failed["event"], failed["failure"]["type"]) == ("task_failed", "builtins.ValueError")
    assert retried["event"] == "task_retrying"


def test_the_database_keeps_no_value_of_a_refused_statement():
    UserFactory(username=f"{NAME}{PHONE}")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username=f"{NAME}{PHONE}", name=NAME)
    assert NAME not in (environment.LOG_DIR / "postgres.log").read_text()


def test_development_reads_as_text():
    stream = io.StringIO()
    formatter = logs.config(production=False)["formatters"]["line"].copy()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter.pop("()")(**formatter))
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        record = logging.LogRecord(
            "apps", logging.ERROR, __file__, 1, "plain words", None, (ValueError, error, error.__traceback__)
        )
    handler.emit(record)
    assert "plain words" in stream.getvalue()
    assert "builtins.ValueError" in stream.getvalue()
    assert [word for word in PLANTED if word in stream.getvalue()] == []
