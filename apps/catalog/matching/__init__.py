"""Matching fields of forms to data elements (填报项与数据元的匹配): whose first, then which property.

Pure Python: no database, no Django. See docs/decisions/0002-matching.md.
"""

from apps.catalog.matching.matcher import Matcher
from apps.catalog.matching.names import normalise
from apps.catalog.matching.texts import AliasText, Candidate, ElementText, FieldMatch, FieldText, FormText

__all__ = [
    "AliasText",
    "Candidate",
    "ElementText",
    "FieldMatch",
    "FieldText",
    "FormText",
    "Matcher",
    "normalise",
]
