"""Every address refuses the anonymous and whoever has no post, unless it is public by name."""

import importlib

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.module_loading import import_string

from apps.core import background
from apps.portal import urls as portal_urls
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PUBLIC = {"healthz", "readyz", "accounts:login", "accounts:logout"}
DEVELOPERS = {"portal:components"}  # not there in production, holds no data
OWN_ACCOUNT = {"accounts:text_size", "portal:me"}  # whoever is logged in may set these for themselves


def _names(patterns, prefix=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _names(pattern.url_patterns, space)
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name}", pattern.pattern.converters


EVERY_DOOR = dict(_names(get_resolver().url_patterns))
DOORS = [(name, dict.fromkeys(parts, 1)) for name, parts in EVERY_DOOR.items() if name not in PUBLIC | DEVELOPERS]


def test_the_sweep_finds_the_doors():
    assert {"portal:workbench", "ledgers:sheet"} <= {name for name, _ in DOORS}


@pytest.mark.parametrize(("name", "parts"), DOORS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_anonymous_are_sent_to_log_in(client, name, parts, method):
    answer = getattr(client, method)(reverse(name, kwargs=parts))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("accounts:login"))


@pytest.mark.parametrize(("name", "parts"), [door for door in DOORS if door[0] not in OWN_ACCOUNT])
def test_whoever_has_no_post_gets_nothing(client, name, parts):
    client.force_login(UserFactory())
    url = reverse(name, kwargs=parts)
    answers = {client.get(url).status_code, client.post(url).status_code}
    assert answers <= {403, 404, 405}
    assert answers != {405}


def test_pages_for_developers_are_not_there_in_production(settings):
    settings.IS_PRODUCTION = True
    names = {pattern.name for pattern in importlib.reload(portal_urls).urlpatterns}
    settings.IS_PRODUCTION = False
    everything = {pattern.name for pattern in importlib.reload(portal_urls).urlpatterns}
    assert {f"portal:{name}" for name in everything - names} == DEVELOPERS


@pytest.mark.parametrize("model", background.run_models())
def test_every_run_names_a_task_that_exists(model):
    assert import_string(model.task_path)
