"""Log lines (运行日志): JSON in production, readable in development, and no personal data in either.

Our own events carry ids. What others write carries text that we do not know, so three things are taken away here:
the words of an exception (its kind and its place stay), arguments of a foreign line that are not plain technical
text, and, wherever they stand, digits as long as those of a phone or an identity number.
"""

import logging
import os
import re
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from communitycloud.environment import BASE_DIR

HIDDEN = "…"
LONG_DIGITS = re.compile(r"\d{11,}[Xx]?")
TECHNICAL = re.compile(r"[A-Za-z0-9 _.,:;/@()\[\]<>{}'\"=+*#|-]{0,300}")
MOST_FRAMES = 12
IDS = {"request_id", "task_id", "child_task_id", "parent_task_id", "timestamp"}  # made by us, may be all digits
QUIET = {"healthz", "readyz"}  # asked every few seconds; only a bad answer is worth a line
# the words of an exception, as django-structlog and Celery pass them on
WORDS_OF_EXCEPTIONS = ("error", "exception", "reason", "result", "user_agent")


def _frames(traceback: TracebackType | None) -> list[str]:
    frames = []
    while traceback:
        code = traceback.tb_frame.f_code
        file = code.co_filename.removeprefix(f"{BASE_DIR}/").rpartition("site-packages/")[2]
        frames.append(f"{file}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return frames[-MOST_FRAMES:]


def _describe(error: BaseException, depth: int = 3) -> dict[str, Any]:
    kind = type(error)
    described: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}", "at": _frames(error.__traceback__)}
    code = getattr(error, "pgcode", None)
    if isinstance(code, str):
        described["pgcode"] = code
    before = error.__cause__ or error.__context__
    if before and depth:
        described["after"] = _describe(before, depth - 1)
    return described


def describe_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Kind and place of an exception, never its words: they quote what a person typed."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["failure"] = _describe(error)
    event.pop("stack_info", None)
    return event


def drop_words(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """django-structlog's events pass the text of exceptions on; ours never do."""
    if str(event.get("logger", "")).startswith("django_structlog"):
        for key in WORDS_OF_EXCEPTIONS:
            event.pop(key, None)
    return event


def drop_quiet(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if event.get("route") in QUIET and event.get("code") == 200:
        raise structlog.DropEvent
    return event


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value) if isinstance(value, str) else repr(value)
    return text if TECHNICAL.fullmatch(text) else HIDDEN


class ForeignArguments(logging.Filter):
    """Before a foreign line is put together: arguments that may quote a person become “…”."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, dict):  # structlog's own
            return True
        if isinstance(record.args, Mapping):
            record.args = {key: _plain(value) for key, value in record.args.items()}
        elif record.args:
            record.args = tuple(_plain(value) for value in record.args)
        else:
            record.msg = str(_plain(str(record.msg)))
        try:
            record.getMessage()
        except (TypeError, ValueError):  # “%d” and the like met an argument that is hidden now
            record.msg, record.args = str(_plain(str(record.msg))), None
        return True


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return LONG_DIGITS.sub(HIDDEN, value)
    if isinstance(value, dict):
        return {key: _scrub(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_scrub(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**10:
        return HIDDEN
    return value


def scrub(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The last guard: no digits as long as those of a phone or an identity number."""
    return {key: value if key in IDS else _scrub(value) for key, value in event.items()}


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%S.%f%z", utc=False),
    describe_exception,
    drop_words,
    drop_quiet,
    scrub,
]


def config(production: bool) -> dict[str, Any]:
    """What logging.config.dictConfig takes; LOG_FORMAT=json or LOG_FORMAT=text overrides the environment's own."""
    as_json = (os.environ.get("LOG_FORMAT") or ("json" if production else "text")) == "json"
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24)
    )
    ours = os.environ.get("LOG_LEVEL") or "INFO"
    levels = {
        "apps": ours,
        "communitycloud": ours,
        "django_structlog": ours,
        "django": "WARNING",
        "django.db.backends": "WARNING",  # statements hold values
        "django.request": "CRITICAL",  # our request line says it, with its id
        "django.server": "CRITICAL",
        "celery": "WARNING",
        "celery.app.trace": "CRITICAL",  # task_failed says it, without the words
        "gunicorn.error": "WARNING",
        "gunicorn.access": "CRITICAL",
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"foreign_arguments": {"()": ForeignArguments}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            }
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["foreign_arguments"]}
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {name: {"level": level} for name, level in levels.items()},
    }


def configure_structlog() -> None:
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
