"""Two people, or two workers, at the same moment (同时操作); for tests with `django_db(transaction=True)`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Barrier
from typing import Any

from django.db import connection, transaction


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Start all of them together, each on a connection of its own; what each returned or raised."""
    gate = Barrier(len(calls))
    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(_on_its_own, call, gate) for call in calls]
        return [future.result() for future in futures]


def while_unfinished(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """The second begins when the first has written and not yet committed; what each returned or raised."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            one = first()
            future = pool.submit(_on_its_own, second)
            while not (future.done() or _somebody_waits()):
                wait([future], timeout=0.01)
        return one, future.result()


def _on_its_own(call: Callable[[], Any], gate: Barrier | None = None) -> Any:
    try:
        if gate:
            gate.wait(timeout=20)
        return call()
    except Exception as error:
        return error
    finally:
        connection.close()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]
