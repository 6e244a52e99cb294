"""Aliases learned from labelled forms (从标注样本学习别名): evidence for the matcher, with where it comes from."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from apps.catalog.matching.matcher import Matcher
from apps.catalog.matching.texts import AliasText, FormText


@dataclass(frozen=True, slots=True)
class LabelledForm:
    """标注表: a form, where it was found, and the element of each field; "other:…" and None for none.

    unsure holds the fids that two careful readers might label differently; nothing is learned from them.
    """

    form: FormText
    source: str
    elements: dict[str, str]
    unsure: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LearnedName:
    """习得别名: how many forms and sources use a name, under a context, for an element (None: none)."""

    name: str
    context: str
    element: str | None
    forms: int
    sources: int
    weight: float

    def alias(self) -> AliasText:
        return AliasText(self.name, self.context, self.element, self.weight)


def learn(matcher: Matcher, labelled: Iterable[LabelledForm]) -> list[LearnedName]:
    """Count what each name meant; a name weighs more the more forms and sources agree, and less where they do not."""
    seen: dict[tuple[str, str], dict[str | None, set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
    for item in labelled:
        for place, field in zip(matcher.places(item.form), item.form.fields, strict=True):
            if field.fid in item.unsure:
                continue
            element = item.elements[field.fid]
            seen[place][None if element.startswith("other:") else element].add((item.source, item.form.id))
    found = []
    for (name, context), meanings in seen.items():
        total = sum(len(uses) for uses in meanings.values())
        for element, uses in meanings.items():
            sources = len({source for source, _ in uses})
            support = min(0.97, 0.70 + 0.04 * min(len(uses) - 1, 3) + 0.10 * (sources - 1))
            weight = round(support * len(uses) / total, 3)
            if weight >= 0.3:
                found.append(LearnedName(name, context, element, len(uses), sources, weight))
    return sorted(found, key=lambda one: (one.name, one.context, one.element or ""))
