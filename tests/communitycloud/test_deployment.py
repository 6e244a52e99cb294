"""What production is made of: every part checked for health, no secret written down, every image pinned."""

import os
import re
import secrets
import subprocess
import sys

import pytest
import yaml

from communitycloud.environment import BASE_DIR

COMPOSE = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
SECRET = re.compile(r"PASSWORD|SECRET|KEY")
NEEDED = re.compile(r"\$\{(\w+):\?[^}]+\}")
PRODUCTION = {
    "COMMUNITYCLOUD_ENV": "production",
    "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
    "DATA_KEYS": f"k1:{secrets.token_hex(16)}",
    "INDEX_KEY": secrets.token_hex(16),
    "ALLOWED_HOSTS": "sqy.example.cn",
    "CSRF_TRUSTED_ORIGINS": "https://sqy.example.cn",
    "DATABASE_URL": "postgresql://who@127.0.0.1:1/x",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def _values(part):
    if isinstance(part, dict):
        for key, value in part.items():
            yield from ((key, text) for _, text in _values(value))
    elif isinstance(part, list):
        for value in part:
            yield from _values(value)
    else:
        yield "", str(part)


def test_all_parts_are_there():
    assert SERVICES.keys() == {"migrate", "web", "worker", "beat", "database", "broker", "proxy"}


@pytest.mark.parametrize("name", SERVICES.keys() - {"migrate"})
def test_every_lasting_service_has_a_health_check_and_starts_again(name):
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_and_nothing_runs_with_more_rights_than_it_needs(name):
    service = SERVICES[name]
    assert "build" in service or re.search(r":\d+\.\d+", service["image"])
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("read_only") or name == "database"
    assert not service.get("privileged")


def test_only_the_proxy_can_be_reached_from_outside():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inside"]["internal"]
    assert {name for name, service in SERVICES.items() if "outside" in service["networks"]} == {"proxy", "web"}


def test_every_secret_comes_from_the_environment_and_has_no_default():
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if SECRET.search(key) or key.endswith("_URL"):
                assert NEEDED.search(value), f"{name}.{key}"
    for _, text in _values(COMPOSE):
        assert not re.search(r"\$\{\w*(PASSWORD|SECRET|KEY)\w*(:?-[^}]*)?\}", text), text


def test_the_sample_environment_names_what_is_needed_and_holds_no_value():
    lines = [line for line in (BASE_DIR / ".env.example").read_text(encoding="utf-8").splitlines() if line]
    named = {line.partition("=")[0]: line.partition("=")[2] for line in lines if not line.startswith("#")}
    needed = {name for _, text in _values(COMPOSE) for name in NEEDED.findall(text)}
    assert named.keys() == needed
    assert set(named.values()) == {""}


def test_the_image_is_pinned_and_runs_as_nobody_special():
    lines = (BASE_DIR / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert all(re.search(r":\d+\.\d+\.\d+-", line) for line in lines if line.startswith("FROM"))
    assert lines.index("USER cloud") > max(number for number, line in enumerate(lines) if line.startswith("RUN"))


def _manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key != "DJANGO_ALLOW_ASYNC_UNSAFE"}  # of Playwright
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env=inherited | PRODUCTION | environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_production_settings_pass_the_deployment_check():
    done = _manage("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, "") for name in ("DJANGO_SECRET_KEY", "DATA_KEYS", "INDEX_KEY", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS")]
    + [("ALLOWED_HOSTS", "*")],
)
def test_production_says_which_setting_is_missing(name, value):
    done = _manage("check", **{name: value})
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert name in done.stderr


def test_a_database_that_does_not_answer_is_one_line():
    done = _manage("migrate")
    assert (done.returncode, done.stderr) == (1, "数据库连不上。请核对 DATABASE_URL，并确认它在运行\n")
