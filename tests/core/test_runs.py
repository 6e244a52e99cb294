"""A row is the job: it is claimed once, found again when its worker dies, and given up after three tries."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core import background
from apps.core.models import MOST_ATTEMPTS, RunStatus
from apps.ledgers.models import PrefillRun
from tests.factories import PlanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return PrefillRun.objects.create(plan=PlanFactory(), area_prefix="310151")


def _let_lease_run_out(run):
    PrefillRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_only_one_worker_gets_a_run(run):
    assert PrefillRun.claim(run.pk).status == RunStatus.RUNNING
    assert PrefillRun.claim(run.pk) is None


def test_a_run_whose_worker_died_is_sent_again_and_can_be_claimed(run):
    PrefillRun.claim(run.pk)
    _let_lease_run_out(run)
    assert background.requeue_stranded() == 1
    assert PrefillRun.claim(run.pk).attempts == 2


def test_a_beating_worker_keeps_its_run(run):
    claimed = PrefillRun.claim(run.pk)
    _let_lease_run_out(run)
    claimed.beat(3, total=10)
    assert background.requeue_stranded() == 0
    claimed.refresh_from_db()
    assert claimed.percent == 30


def test_a_run_that_was_sent_is_not_sent_again_while_its_nudge_is_fresh(run):
    _let_lease_run_out(run)
    assert background.requeue_stranded() == 1
    assert background.requeue_stranded() == 0


def test_a_poison_run_stops_with_its_reason(run):
    for _ in range(MOST_ATTEMPTS):
        assert PrefillRun.claim(run.pk)
        _let_lease_run_out(run)
    assert background.requeue_stranded() == 0
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.error == "处理了三次都没有完成，请联系管理员"


def test_a_worker_that_was_taken_over_from_writes_nothing_more(run):
    late = PrefillRun.claim(run.pk)
    _let_lease_run_out(run)
    PrefillRun.claim(run.pk)
    assert not late.beat(9, total=9)
    assert not late.finish(done_until="310151999")
    run.refresh_from_db()
    assert (run.status, run.progress_done, run.done_until) == (RunStatus.RUNNING, 0, "")


def test_a_run_given_up_is_not_finished_after_all(run):
    claimed = PrefillRun.claim(run.pk)
    run.refresh_from_db()
    run.fail("处理了三次都没有完成，请联系管理员")
    assert not claimed.finish()
