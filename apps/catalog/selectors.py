"""Reads of the common vocabulary (数据元的读取)."""

from functools import cache

from apps.catalog.matching import AliasText, ElementText, Matcher
from apps.catalog.matching.knowledge import learned_aliases, lines, load
from apps.catalog.models import DataElement, ElementAlias


def build_matcher() -> Matcher:
    """The matcher with the registry as it stands and every answer in force (识别器)."""
    elements = [
        ElementText(element.pk, element.name, element.definition, element.data_type, element.subject)
        for element in DataElement.objects.order_by("pk")
    ]
    answers = [
        AliasText(alias.name_norm, alias.context, alias.element_id)
        for alias in ElementAlias.objects.in_force().order_by("pk")
    ]
    return Matcher(elements, [*learned_aliases(), *answers])


@cache
def context_title(context: str) -> str:
    """A field's context in words (语境): `person/elder` reads 本人 · 养老; what has no word is left out."""
    subject, _, theme = context.partition("/")
    themes = {line["theme"]: line["title"] for line in lines("themes.csv")}
    known = load().subjects.get(subject)
    return " · ".join(filter(None, [known.title if known else "", themes.get(theme, "")]))
