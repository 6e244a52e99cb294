"""A worker killed in the middle (被强行结束): the run is picked up again, nothing doubled, typed answers stay."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import psycopg2
import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.collection.models import Person
from apps.core import background
from apps.ledgers.models import CollectionSheet, FormField, FormTemplate, MatchRun, MergePlan, PrefillRun, SheetRow
from apps.ledgers.services import filling, prefilling, templates
from apps.ledgers.services.filling import Edit
from apps.organizations.models import Area
from apps.portal.demo import VILLAGE
from apps.portal.demo_ledgers import demo_forms, workbook
from tests.browser.site import Site


def _until(condition: Callable[[], object], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the worker did not get there"
        time.sleep(0.05)


@contextmanager
def _held(site: Site, statement: str, *values: object) -> Iterator[None]:
    """Another session that keeps something the worker needs, so the kill meets it at a known place."""
    other = psycopg2.connect(site.environment["DATABASE_URL"])
    try:
        with other.cursor() as cursor:
            cursor.execute(statement, values)
        yield
    finally:
        other.rollback()
        other.close()


def _kill_and_start_again(site: Site, run: PrefillRun | MatchRun) -> None:
    site.kill_worker()
    type(run).objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))  # the lease ran out
    site.start_worker()
    assert background.requeue_stranded() == 1


@pytest.fixture
def rows(site):
    with site.orm():
        yield


def test_prefilling_goes_on_where_it_was_and_what_was_typed_stays(site, rows):
    source = MergePlan.objects.get(status="active")
    columns = list(source.columns.all())
    plan = MergePlan.objects.get(pk=source.pk)
    plan.pk, plan.title, plan.population = None, "全部人口台账", "all"
    plan.save()
    for column in columns:
        column.pk, column.plan = None, plan
        column.save()
    peopled = {code[:12] for code in Person.objects.values_list("area_code", flat=True)}
    villages = [code for code in Area.objects.villages().values_list("code", flat=True) if code in peopled]
    blocked = villages[len(villages) // 2]
    assert blocked > VILLAGE
    taken = "INSERT INTO ledgers_collectionsheet (plan_id, area_id, area_code, status) VALUES (%s, %s, %s, 'open')"
    with _held(site, taken, plan.pk, blocked, blocked):
        run = prefilling.start_prefill(plan=plan)
        sheet = CollectionSheet.objects.filter(plan=plan, area=VILLAGE)
        _until(lambda: sheet.exists() and PrefillRun.objects.get(pk=run.pk).status == "running")
        row = sheet.get().rows.first()
        edit = Edit(row.pk, "person.living_status", row.version, "独居")
        filling.save_cells(sheet=sheet.get(), edits=[edit], by=User.objects.get(username="cunju"))
        _kill_and_start_again(site, run)
    _until(lambda: PrefillRun.objects.get(pk=run.pk).status == "done")
    assert CollectionSheet.objects.filter(plan=plan).count() == len(villages)
    made = SheetRow.objects.filter(sheet__plan=plan)
    assert made.count() == made.values("person").distinct().count() > 1000
    row.refresh_from_db()
    assert (row.cells["person.living_status"]["v"], row.cells["person.living_status"]["t"]) == ("独居", "typed")
    assert PrefillRun.objects.get(pk=run.pk).attempts == 2


def test_matching_is_done_whole_or_not_at_all(site, rows):
    form, clerk = demo_forms()["d071"], User.objects.get(username="canlian")
    template = templates.upload_template(content=workbook(form, "区残联"), filename="残疾人.xlsx", by=clerk)
    with _held(
        site,
        "SELECT 1 FROM catalog_elementalias, ledgers_formfield WHERE template_id = %s FOR UPDATE OF ledgers_formfield",
        template.pk,
    ):
        run = templates.describe_template(
            template=template, title=template.title, row_subject="person", population="manual",
            area=Area.objects.get(code="310151"), period="yearly", due_on=date(2027, 1, 31), legal_basis="",
            required=[], by=clerk,
        )  # fmt: skip
        _until(lambda: MatchRun.objects.get(pk=run.pk).status == "running")
        _kill_and_start_again(site, run)
        assert set(FormField.objects.filter(template=template).values_list("decision", flat=True)) == {"waiting"}
    _until(lambda: MatchRun.objects.get(pk=run.pk).status == "done")
    assert FormTemplate.objects.get(pk=template.pk).status in ("ready", "review")
    assert not FormField.objects.filter(template=template, decision="waiting").exists()
