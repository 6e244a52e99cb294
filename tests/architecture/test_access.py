"""Every address for everybody: who gets in, who is refused, and who does not even learn that there is something."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.ledgers.selectors.plans import plan_stamp
from apps.ledgers.workbooks import HeadingCell, build_template
from tests.architecture import world
from tests.architecture.test_doors import EVERY_DOOR
from tests.architecture.world import EVERYBODY, FORM_TITLE, POSTLESS, RESIDENT, VILLAGE_NAME, World

pytestmark = pytest.mark.django_db
XLSX = build_template("名册", [HeadingCell("姓名"), HeadingCell("电话")])
DISTRICT_WIDE = {"civil", "health", "police", "reviewer", "centre"}
VILLAGES, TOWNS, CLERKS = {"cadre", "neighbour", "far"}, {"town", "other_town"}, {"civil", "health", "police"}
MERGERS = {"reviewer", "centre"}
INSIDE = {"cadre", "town", "grid"}  # whose own area the village is, or lies in
Rule = dict[str, int]


def only(names: set[str], status: int, *, see: set[str] = frozenset(), otherwise: int) -> Rule:
    """These get `status`; who sees it and may not is refused with 403; to all others it is `otherwise`."""
    return {name: status if name in names else 403 if name in see else otherwise for name in EVERYBODY}


def all_of_them(status: int) -> Rule:
    return dict.fromkeys(EVERYBODY, status)


@dataclass(frozen=True)
class Door:
    """One address: its keys, and for each method what each person gets; 405 for all where a method is not said."""

    keys: Callable[[World], list] = lambda w: []
    get: Rule = field(default_factory=lambda: all_of_them(405))
    post: Rule = field(default_factory=lambda: all_of_them(405))
    query: Callable[[World], dict] = lambda w: {}
    data: Callable[[World], dict] = lambda w: {}
    as_json: bool = False


def _sheet(w):
    return [w.open_sheet.pk]


def _row(w):
    return [w.open_sheet.pk, w.open_sheet.rows.get().pk]


def _edits(w):
    return {"edits": [{"row": _row(w)[1], "key": "person.name", "version": 1, "value": "新名"}]}


def _own_posting(w):
    return {"posting": w.people["cadre"].postings.get().pk}


SEE_SHEET = only({"cadre", "town"}, 200, otherwise=404)
SEE_FORM = only({"civil", *MERGERS}, 200, otherwise=404)
SEE_PROPOSED = only({"civil", "health", *MERGERS}, 200, otherwise=404)

DOORS: dict[str, Door] = {
    "portal:workbench": Door(get=only(EVERYBODY - POSTLESS, 200, otherwise=403)),
    "portal:me": Door(get=all_of_them(200)),
    "portal:components": Door(get=all_of_them(200)),
    "accounts:login": Door(get=all_of_them(302), post=all_of_them(302)),
    "accounts:logout": Door(post=all_of_them(302)),
    "accounts:text_size": Door(post=all_of_them(302)),
    "accounts:switch_posting": Door(data=_own_posting, post=only({"cadre"}, 302, otherwise=404)),
    "healthz": Door(get=all_of_them(200)),
    "ledgers:sheets": Door(get=only(VILLAGES | TOWNS, 200, otherwise=403)),
    "ledgers:sheet": Door(_sheet, get=SEE_SHEET),
    "ledgers:sheet_save": Door(
        _sheet, post=only({"cadre"}, 200, see={"town"}, otherwise=404), data=_edits, as_json=True
    ),
    "ledgers:sheet_confirm": Door(
        _sheet,
        post=only({"cadre"}, 200, see={"town"}, otherwise=404),
        data=lambda w: {"rows": [{"id": _row(w)[1], "version": 1}]},
        as_json=True,
    ),
    "ledgers:sheet_undo": Door(
        _sheet,
        post=only({"cadre"}, 422, see={"town"}, otherwise=404),  # nothing to undo
        data=lambda w: {"undo": str(uuid.uuid4()), "batch": str(uuid.uuid4())},
        as_json=True,
    ),
    "ledgers:sheet_submit": Door(_sheet, post=only({"cadre"}, 302, see={"town"}, otherwise=404)),
    "ledgers:sheet_check": Door(
        lambda w: [w.handed_in.pk],
        post=only({"town"}, 302, see={"cadre"}, otherwise=404),
        data=lambda w: {"verdict": "accepted"},
    ),
    "ledgers:sheet_person": Door(_row, get=SEE_SHEET, post=only({"cadre"}, 302, see={"town"}, otherwise=404)),
    "ledgers:sheet_people": Door(
        lambda w: [w.manual.pk],
        get=only({"cadre"}, 200, see={"town"}, otherwise=404),
        post=only({"cadre"}, 200, see={"town"}, otherwise=404),
        data=lambda w: {"q": RESIDENT},
    ),
    "ledgers:sheet_add_row": Door(
        lambda w: [w.manual.pk],
        post=only({"cadre"}, 422, see={"town"}, otherwise=404),  # its rows are people, added by name
    ),
    "ledgers:sheet_remove": Door(
        lambda w: [w.manual.pk, w.manual.rows.get().pk], post=only({"cadre"}, 302, see={"town"}, otherwise=404)
    ),
    "ledgers:templates": Door(
        get=only(CLERKS, 200, otherwise=403),
        post=only(CLERKS, 302, otherwise=403),
        data=lambda w: {"file": SimpleUploadedFile("名册.xlsx", XLSX)},
    ),
    "ledgers:template": Door(
        lambda w: [w.draft.pk],
        get=SEE_FORM,
        post=only({"civil"}, 302, see=MERGERS, otherwise=404),
        data=lambda w: {
            "title": "名册",
            "row_subject": "person",
            "population": "all",
            "area": "310151",
            "period": "monthly",
            "due_on": (timezone.localdate() + timedelta(days=30)).isoformat(),
            "legal_basis": "上海市养老服务条例",
        },
    ),
    "ledgers:template_withdraw": Door(lambda w: [w.draft.pk], post=only({"civil"}, 302, see=MERGERS, otherwise=404)),
    "ledgers:match_again": Door(lambda w: [w.matching.pk], post=only({"civil"}, 302, see=MERGERS, otherwise=404)),
    "ledgers:match_progress": Door(lambda w: [w.matching.pk], get=SEE_FORM),
    "ledgers:export": Door(lambda w: [w.in_use.pk], post=only({"civil"}, 302, see=MERGERS, otherwise=404)),
    "ledgers:export_progress": Door(lambda w: [w.export.pk], get=only({"civil"}, 200, otherwise=404)),
    "ledgers:download": Door(lambda w: [w.export.pk], get=only({"civil"}, 200, otherwise=404)),
    "ledgers:review": Door(get=only(MERGERS, 200, otherwise=403)),
    "ledgers:element_search": Door(
        get=only(MERGERS, 200, otherwise=403), query=lambda w: {"field": w.review.fields.get().pk, "q": "住"}
    ),
    "ledgers:answer": Door(
        lambda w: [w.review.fields.get().pk], post=only(MERGERS, 302, otherwise=403), data=lambda w: {"element": "none"}
    ),
    "ledgers:answer_undo": Door(lambda w: [w.alias.pk], post=only(MERGERS, 302, otherwise=403)),
    "ledgers:plans": Door(get=only(CLERKS | MERGERS, 200, otherwise=403)),
    "ledgers:plan": Door(lambda w: [w.proposed.pk], get=SEE_PROPOSED),
    "ledgers:plan_progress": Door(lambda w: [w.active.pk], get=SEE_FORM),
    "ledgers:plan_villages": Door(lambda w: [w.active.pk], get=SEE_FORM),
    "ledgers:prefill_again": Door(lambda w: [w.active.pk], post=only({"civil", *MERGERS}, 302, otherwise=404)),
    "ledgers:merge_confirm": Door(
        lambda w: [w.proposed.members.get(template__department="civil-affairs").pk],
        post=only({"civil"}, 302, see={"health", *MERGERS}, otherwise=404),
        data=lambda w: {"seen": plan_stamp(w.proposed)},
    ),
    "ledgers:merge_apart": Door(
        lambda w: [w.proposed.members.get(template__department="civil-affairs").pk],
        post=only({"civil"}, 302, see={"health", *MERGERS}, otherwise=404),
    ),
    "ledgers:burden": Door(get=only(VILLAGES | TOWNS | DISTRICT_WIDE, 200, otherwise=403)),
}
NOT_ASKED = {"readyz"}  # says which server is down, and nothing else: tests/core/test_health.py


@pytest.fixture(scope="module")
def district(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield world.build()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def log_in(district) -> Callable[[str], Client]:
    """A browser of somebody who logged in before the tests began (已登录)."""
    cookies = {}
    for who, user in district.people.items():
        client = Client()
        client.force_login(user)
        cookies[who] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def make(who: str) -> Client:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = cookies[who]
        return client

    return make


def _answer(w: World, client: Client, name: str, method: str):
    """What somebody gets at a door; whatever it changed is taken back."""
    door = DOORS[name]
    with transaction.atomic():
        url = reverse(name, args=door.keys(w))
        if method == "get":
            answer = client.get(url, door.query(w))
        elif door.as_json:
            answer = client.post(url, json.dumps(door.data(w)), content_type="application/json")
        else:
            answer = client.post(url, door.data(w))
        transaction.set_rollback(True)
    return answer


def test_every_address_is_declared():
    assert set(DOORS) | NOT_ASKED == set(EVERY_DOOR)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", DOORS)
def test_who_gets_in(district, log_in, name, method):
    declared = getattr(DOORS[name], method)
    is_door = set(declared.values()) != {405}
    people = sorted(EVERYBODY) if is_door else ["cadre", "civil", "reviewer"]
    answers = {who: _answer(district, log_in(who), name, method) for who in people}
    assert {who: answer.status_code for who, answer in answers.items()} == {who: declared[who] for who in people}
    for who, answer in answers.items():
        body = answer.content.decode(errors="replace")
        if who not in {"cadre", "town"}:
            assert RESIDENT not in body, f"{who} reads a resident of another area"
        if who not in INSIDE | {"civil", *MERGERS} and name not in {"portal:me"}:
            assert VILLAGE_NAME not in body, f"{who} reads the name of another village"
        if who in {"police", *VILLAGES, *TOWNS, "system", "security", "audit", *POSTLESS} and not _is_told(who, name):
            assert FORM_TITLE not in body, f"{who} reads the name of another department's form"


def _is_told(who: str, name: str) -> bool:
    """A village and its town read the name of what they are asked to fill in."""
    return who in VILLAGES | TOWNS and name in {
        "portal:workbench", "ledgers:sheets", "ledgers:sheet", "ledgers:sheet_person",
    }  # fmt: skip


NUMBERED = {name: door for name, door in DOORS.items() if name.startswith("ledgers:") and "pk" in EVERY_DOOR[name]}


@pytest.mark.parametrize("number", [2**63, 10**30], ids=["bigint", "huge"])
@pytest.mark.parametrize("name", NUMBERED)
def test_what_is_not_there_is_not_found_however_long_its_number(district, log_in, name, number):
    door = DOORS[name]
    for method in ("get", "post"):
        rule = getattr(door, method)
        allowed = [who for who, status in rule.items() if status in (200, 302, 422)]
        if not allowed:
            continue
        client = log_in(sorted(allowed)[0])
        for place in range(len(door.keys(district))):
            keys = door.keys(district)
            keys[place] = number
            url = reverse(name, args=keys)
            if door.as_json:
                answer = client.post(url, json.dumps(door.data(district)), content_type="application/json")
            else:
                answer = getattr(client, method)(url, door.data(district) if method == "post" else {})
            assert answer.status_code == 404


ODD = ["²", "٣", "-1", "9" * 20, "9" * 5000, "\x00", "' OR 1=1 --", "<script>alert(1)</script>"]


@pytest.mark.parametrize(
    ("name", "who", "parameter", "statuses"),
    [
        ("ledgers:sheet", "cadre", "after", {200}),
        ("ledgers:sheet", "cadre", "at", {200}),
        ("ledgers:sheet", "cadre", "filter", {200}),
        ("ledgers:review", "reviewer", "after", {200}),
        ("ledgers:element_search", "reviewer", "q", {200}),
        ("ledgers:element_search", "reviewer", "field", {404}),
    ],
)
def test_an_odd_address_is_no_trouble(district, log_in, name, who, parameter, statuses):
    for odd in ODD:
        query = DOORS[name].query(district) | {parameter: odd}
        answer = log_in(who).get(reverse(name, args=DOORS[name].keys(district)), query)
        assert answer.status_code in statuses, odd
        assert "<script>alert" not in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "who", "parameter"),
    [
        ("accounts:switch_posting", "cadre", "posting"),
        ("accounts:text_size", "cadre", "next"),
        ("accounts:text_size", "cadre", "size"),
        ("ledgers:sheet_people", "cadre", "q"),
        ("ledgers:sheet_people", "cadre", "person"),
        ("ledgers:sheet_person", "cadre", "version"),
        ("ledgers:sheet_person", "cadre", "person.name"),
        ("ledgers:sheet_check", "town", "verdict"),
        ("ledgers:sheet_check", "town", "reason"),
        ("ledgers:template", "civil", "title"),
        ("ledgers:template", "civil", "area"),
        ("ledgers:template", "civil", "required"),
        ("ledgers:template", "civil", "due_on"),
        ("ledgers:answer", "reviewer", "element"),
        ("ledgers:merge_confirm", "civil", "seen"),
    ],
)
def test_an_odd_answer_is_refused_in_words(district, log_in, name, who, parameter):
    for odd in ODD:
        with transaction.atomic():
            data = DOORS[name].data(district) | {parameter: odd}
            answer = log_in(who).post(reverse(name, args=DOORS[name].keys(district)), data)
            transaction.set_rollback(True)
        assert answer.status_code in {200, 302, 404, 409, 422}, odd


def test_a_post_that_ends_closes_the_doors_at_once(district, log_in):
    client, cadre = log_in("cadre"), district.people["cadre"]
    page = district.open_sheet.get_absolute_url()
    assert client.get(page).status_code == 200
    cadre.postings.update(valid_until=timezone.localdate() - timedelta(days=1))
    assert client.get(page).status_code == 404
    assert client.get(reverse("portal:workbench")).status_code == 403
    cadre.postings.update(valid_until=timezone.localdate())
    assert client.get(page).status_code == 200


def test_an_account_switched_off_is_out_at_once(district, log_in):
    client, cadre = log_in("cadre"), district.people["cadre"]
    type(cadre).objects.filter(pk=cadre.pk).update(is_active=False)
    assert client.get(district.open_sheet.get_absolute_url()).status_code == 302
