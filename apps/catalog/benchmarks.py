"""Benchmarks of the vocabulary (公共词汇基准): matching fields to elements."""

import itertools

from apps.catalog.matching import FieldText, FormText
from apps.catalog.models import DataElement
from apps.catalog.selectors import build_matcher
from apps.catalog.services import load_code_sets, load_elements
from apps.core.benchmarks import Figure, compare

FIELDS_A_FORM = 20
AFFIXES = ("", "是否", "情况", "说明", "（必填）")  # written as forms write them, so not all are known names


def bench_matching(people: int) -> Figure:
    """Matching of 1,000 fields in forms of 20, against looking each name up in a table of element names."""
    load_code_sets()
    load_elements()
    names = itertools.cycle(DataElement.objects.order_by("pk").values_list("name", flat=True))
    fields = [f"{next(names)}{affix}" for _, affix in zip(range(1000), itertools.cycle(AFFIXES))]
    forms = [
        FormText(
            f"form{start}",
            "基准台账",
            "区民政局",
            tuple(FieldText(f"{start}.{n}", name) for n, name in enumerate(fields[start : start + FIELDS_A_FORM])),
        )
        for start in range(0, len(fields), FIELDS_A_FORM)
    ]
    matcher = build_matcher()
    table = dict(DataElement.objects.values_list("name", "pk"))
    return compare(
        "matching",
        ours=lambda: matcher.match_all(forms),
        floor=lambda: [[table.get(field.name) for field in form.fields] for form in forms],
        rows=len(fields),
    )
