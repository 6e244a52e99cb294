"""Finding people of the village's own register (查人), to add them to a form whose people the village names."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from apps.catalog import masking
from apps.collection.models import Person
from apps.collection.selectors import MANUAL
from apps.core import crypto
from apps.ledgers.models import CollectionSheet, RowSubject

MOST_HITS = 20
ID = "person.id_number"


@dataclass(frozen=True)
class Hit:
    """一个查到的人; `already` says that the sheet has a row of them."""

    id: int
    name: str
    id_masked: str
    address: str
    already: bool


def may_add_people(sheet: CollectionSheet) -> bool:
    """Whether the village says itself who is on the sheet (由村居逐人添加)."""
    return sheet.plan.population == MANUAL and not may_add_rows(sheet)


def may_add_rows(sheet: CollectionSheet) -> bool:
    """Whether the rows are about no person of the register, and the village adds them (由村居逐行添加)."""
    return sheet.plan.row_subject == RowSubject.OTHER


def find_people(*, sheet: CollectionSheet, words: str) -> tuple[list[Hit], bool]:
    """People of the sheet's village by name, address, or the number or last four of the ID; and whether there are more.

    The last four are compared after opening the village's numbers: an index of them would tell too much.
    """
    words = "".join(words.split()).upper()
    people = Person.objects.within(sheet.area_code)
    if len(words) == 18:
        people = people.filter(id_index=crypto.blind_index(ID, words))
    elif len(words) == 4 and words[:3].isascii() and words[:3].isdigit():
        people = people.filter(Q(pk__in=_ending(sheet.area_code, words)) | _living_at(words))
    elif words:
        people = people.filter(Q(name__icontains=words) | _living_at(words))
    else:
        return [], False
    found = list(people.distinct().order_by("name", "pk")[: MOST_HITS + 1])
    return _hits(sheet, found[:MOST_HITS]), len(found) > MOST_HITS


def _ending(area_code: str, last_four: str) -> list[int]:
    numbers = Person.objects.within(area_code).exclude(id_number="").values_list("pk", "id_number")
    return [pk for pk, token in numbers.iterator() if crypto.decrypt(ID, token).endswith(last_four)]


def _living_at(words: str) -> Q:
    return Q(residencies__valid_until=None, residencies__dwelling__address__text__icontains=words)


def _hits(sheet: CollectionSheet, people: Sequence[Person]) -> list[Hit]:
    ids = [person.pk for person in people]
    there = set(sheet.rows.filter(person__in=ids).values_list("person", flat=True))
    addresses = dict(
        Person.objects.filter(pk__in=ids, residencies__valid_until=None).values_list(
            "pk", "residencies__dwelling__address__text"
        )
    )
    return [
        Hit(
            id=person.pk,
            name=person.name,
            id_masked=masking.mask("id_number", crypto.decrypt(ID, person.id_number), element=ID),
            address=addresses.get(person.pk) or "",
            already=person.pk in there,
        )
        for person in people
    ]
