"""A matcher of the shipped registry, without a database."""

from collections.abc import Callable

import pytest

from apps.catalog.matching import FieldMatch, FieldText, FormText, Matcher
from apps.catalog.matching.knowledge import learned_aliases
from scripts.evaluate_matching import read_elements

Match = Callable[..., list[FieldMatch]]


@pytest.fixture(scope="session")
def matcher() -> Matcher:
    return Matcher(read_elements(), learned_aliases())


@pytest.fixture(scope="session")
def match(matcher: Matcher) -> Match:
    """Match names written "分组@名称（选项）", the group left out where there is none."""

    def run(title: str, *written: str, department: str = "") -> list[FieldMatch]:
        fields = []
        for number, text in enumerate(written):
            group, _, name = text.rpartition("@")
            fields.append(FieldText(f"t.{number}", name, group))
        return matcher.match(FormText("t", title, department, tuple(fields)))

    return run
