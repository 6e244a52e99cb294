"""What reading a form finds out (读表的结果): of each field whose it is, of the form what its rows are about."""

from dataclasses import dataclass, field

from apps.catalog.matching.words import words

# Properties that every person may have, so that a bare name must first be told whose it is.
TRACKED = words("tracked")
# Properties of a household as much as of a person: they stay with the row.
SHARED = words("shared")
BARE_CERTIFICATE = words("bare_certificate")
# What the elements of these are facts of: some person, and behind another person's name maybe that one's.
OF_A_PERSON = tuple(f"{prefix}." for prefix in sorted(words("of_a_person")))


@dataclass(slots=True)
class Reading:
    """One field as read: the bare name, whose it is and which property of theirs it asks for, as far as it says."""

    name: str
    hint: str
    group: str = ""
    subject: str = ""  # key in Knowledge.subjects; "" when nothing personal is asked
    how: str = ""  # named | group | follows | row | repeated
    properties: list[tuple[str, float]] = field(default_factory=list)
    after: str = ""  # the name that made a bare field somebody else's
    contexts: frozenset[str] = frozenset()
    rest: str = ""  # what is left of the name behind the cue
    rival: str = ""  # another subject it may be about
    cue: str = ""  # the word that named the subject


@dataclass(slots=True)
class FormReading:
    """A form as read."""

    kind: str
    row_person: str
    themes: tuple[str, ...]
    bodies: frozenset[str]
    fields: list[Reading]
    has_id_number: bool
