"""From readings to elements: scores, decisions, sentences for the reviewer (再定属性, 评分与判定)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from apps.catalog.matching import knowledge as knowledge_module
from apps.catalog.matching import names
from apps.catalog.matching.explaining import reason
from apps.catalog.matching.knowledge import BODIES, LOOSE, Entry
from apps.catalog.matching.reader import Reader
from apps.catalog.matching.reading import BARE_CERTIFICATE, OF_A_PERSON, SHARED, TRACKED, FormReading, Reading
from apps.catalog.matching.texts import AliasText, Candidate, Decision, ElementText, FieldMatch, FormText
from apps.catalog.matching.words import words

# Chosen by leave-one-source-out on tests/data/forms_labelled.json (scripts/evaluate_matching.py), not by the fit.
AUTO_FROM = 0.90
REVIEW_FROM = 0.40
MARGIN = 0.04
SHOWN = 5

_GENERAL = words("general")
_KIND_TOKENS = frozenset((*BODIES, "person", "household", "event", "marriage"))
# 户口性质, 户籍类别, 户别 and 人户关系 are asked under one another's names; the options tell (标注规则 8).
_HUKOU = ("person.hukou_type", "person.hukou_locality", "household.hukou_household_type", "person.population_type")
_OPTIONS = (
    (("外地", "外来", "本市", "非户籍", "非本地"), "person.hukou_locality", _HUKOU),
    (("家庭户", "集体户"), "household.hukou_household_type", _HUKOU),
    (("农业", "城镇"), "person.hukou_type", _HUKOU),
    (
        ("业主", "租户", "租客"),
        "person.identity_to_house",
        ("person.identity_to_house", "person.residence_status"),
    ),
)
_MANY = frozenset(("person.registered_region", "person.residence_region", "area.region"))


class Matcher:
    """匹配器: matches the fields of forms to the elements of the registry.

    elements: the registry; aliases: evidence and answers (see AliasText). Building one costs some tens of
    milliseconds; matching a field some tens of microseconds. It holds no state between forms.
    """

    def __init__(self, elements: Iterable[ElementText], aliases: Iterable[AliasText] = ()) -> None:
        self.elements = {element.id: element for element in elements}
        self.knowledge = knowledge_module.load()
        self.reader = Reader(self.knowledge, frozenset(self.elements))
        self.own_names: dict[str, list[str]] = defaultdict(list)
        for element in self.elements.values():
            self.own_names[names.normalise(element.name)].append(element.id)
        self.aliases: dict[str, dict[str, list[AliasText]]] = defaultdict(lambda: defaultdict(list))
        for alias in aliases:
            if alias.element is None or alias.element in self.elements:
                self.aliases[alias.name][alias.context].append(alias)
        self._index_likeness()

    # Public

    def match(self, form: FormText) -> list[FieldMatch]:
        """One match a field, in the order of the form."""
        reading = self.reader.read(form)
        scored = [self._score(item, i, reading) for i, item in enumerate(reading.fields)]
        return self._decide(form, reading, scored)

    def match_all(self, forms: Sequence[FormText]) -> list[FieldMatch]:
        """Matches of several forms; fields of their own that mean the same share a cluster."""
        return [match for form in forms for match in self.match(form)]

    def context_of(self, form: FormText, index: int) -> str:
        """The context under which an answer for this field becomes an alias (语境): whose, and for a bare general
        name also what the form deals with."""
        return self.places(form)[index][1]

    def places(self, form: FormText) -> list[tuple[str, str]]:
        """For each field the normalised name and the context that an alias of it is kept under."""
        reading = self.reader.read(form)
        return [(item.name, self._context(item, reading)) for item in reading.fields]

    # Scores

    def _context(self, item: Reading, form: FormReading) -> str:
        if item.subject and (item.properties or item.how == "named"):
            return item.subject
        if item.how == "group":
            return item.subject
        entries = self.knowledge.entries.get(item.name, ())
        general = any(entry.contexts for entry in entries) or (not entries and len(item.name) <= 3)
        theme = form.themes[0] if general and form.themes else ""
        return f"{form.kind}/{theme}" if theme else form.kind

    def _score(self, item: Reading, index: int, form: FormReading) -> dict[str, float]:
        scores: dict[str, float] = {}

        def offer(element: str, score: float) -> None:
            if element in self.elements and score > scores.get(element, 0.0):
                scores[element] = score

        contexts = item.contexts | self._neighbours(index, form)
        self._offer_personal(item, form, contexts, offer)
        claimed = item.how == "named" and bool(item.properties)
        if item.how != "named" or not scores:
            known = self._known(item.name)
            at_home = any(contexts & set(entry.contexts) for entry, _ in known)
            for entry, alike in known:
                # a name with a meaning of its own in such forms rarely has the general one
                general = 0.85 if at_home and not entry.contexts else 1.0
                offer(entry.element, alike * general * self._fit(entry, item, form, contexts))
            if not scores or max(scores.values()) < 0.6:
                self._offer_variants(item, form, contexts, offer)
        if not scores or max(scores.values()) < 0.5:
            self._offer_alike(item, form, contexts, offer, 0.5 if claimed else 1.0)
        self._weigh_hints(item, scores)
        self._weigh_aliases(item, form, scores)
        return scores

    def _known(self, name: str) -> list[tuple[Entry, float]]:
        """What the lexicon says of a name, and of names spelt with words that mean the same (a little less sure)."""
        exact = self.knowledge.entries.get(name, [])
        found = [(entry, 1.0) for entry in exact]
        if not exact:
            found += [(Entry(element, (), 0.9), 1.0) for element in self.own_names.get(name, ())]
        if len(name) > 2:
            have = {(entry.element, entry.contexts) for entry, _ in found}
            for entry in self.knowledge.by_key.get(names.key(name), ()):
                if (entry.element, entry.contexts) not in have and (entry.contexts or not exact):
                    found.append((entry, 0.93))
        return found

    def _neighbours(self, index: int, form: FormReading) -> frozenset[str]:
        """What the field before it shows: 负责人 behind 录入人 is in charge of the record."""
        if form.kind != "person" or not index:
            return frozenset()
        before = self.knowledge.entries.get(form.fields[index - 1].name, ())
        if any(entry.element.startswith("record.") and not entry.contexts for entry in before):
            return frozenset(("record_end",))
        return frozenset()

    def _offer_personal(self, item: Reading, form: FormReading, contexts: frozenset[str], offer) -> None:
        if not item.properties or not item.subject:
            if item.properties and not item.subject:
                for prop, sure in item.properties:
                    offer(f"person.{prop}", 0.5 * sure)
            return
        certain = {"named": 1.0, "group": 0.97, "follows": 0.96, "row": 0.98, "repeated": 0.62}.get(item.how, 0.5)
        if item.rival or self._is_not_the_row(item, form):
            certain *= LOOSE
        for prop, sure in item.properties:
            if item.how in ("row", "repeated") and item.subject != "person":
                element = self.reader.naming.element(item.subject, prop)
                if element:
                    offer(element, certain * sure * (0.92 if item.subject in ("owner", "vehicle_owner") else 1.0))
                    offer(f"person.{prop}", 0.5 * sure)
                else:
                    of_household = form.kind == "household" and prop in SHARED
                    offer(f"person.{prop}", certain * sure * (0.95 if of_household else 0.75))
                continue
            if item.subject == "family_member" and prop == "phone":
                offer("family.contact_phone", LOOSE * sure)
            element = self.reader.naming.element(item.subject, prop)
            if element:
                sure_here = sure
                if prop == "registered_address" and not element.endswith(prop):
                    sure_here = LOOSE  # the registry knows one address of theirs, and that is where they live
                if (
                    prop == "id_number"
                    and item.name in BARE_CERTIFICATE
                    and form.has_id_number
                    and item.subject == form.row_person
                ):
                    sure_here = 0.6
                offer(element, certain * sure_here)
            elif item.how != "row":
                offer(f"person.{prop}", 0.35 * sure)
            if item.rival and item.rival in self.knowledge.subjects:
                other = self.reader.naming.element(item.rival, prop)
                offer(other, 0.7 * sure)
        if item.how in ("follows", "repeated"):
            for prop, sure in item.properties[:1]:
                if form.row_person:
                    offer(self.reader.naming.element(form.row_person, prop), 0.45 * sure)
                if "unit" in contexts:
                    offer(f"unit.{prop}", 0.5 * sure)

    @staticmethod
    def _is_not_the_row(item: Reading, form: FormReading) -> bool:
        """A person in a form whose rows are no persons (承租人 of a house, either side of a dispute)."""
        return item.subject == "person" and (
            form.kind == "event" or (item.how == "named" and form.row_person not in ("person", "family_member"))
        )

    def _fit(self, entry: Entry, item: Reading, form: FormReading, contexts: frozenset[str]) -> float:
        """How well a known name fits here, as far as that may be certain."""
        of_another = item.rival and (
            entry.element.startswith(OF_A_PERSON) or entry.element.partition(".")[2] in TRACKED
        )
        doubtful = not entry.plain or of_another or self._is_out_of_place(entry, item, form, contexts)
        return min(LOOSE if doubtful else 0.99, self._fit_freely(entry, item, form, contexts))

    def _is_out_of_place(self, entry: Entry, item: Reading, form: FormReading, contexts: frozenset[str]) -> bool:
        """A name too general for any form, or an amount of somebody whom the rows are not about."""
        if entry.contexts:
            return not contexts & set(entry.contexts)
        if item.name in _GENERAL:
            return True
        if entry.element.startswith("income."):
            return form.kind == "household"  # 工资性收入 of the whole family
        counts = self.elements[entry.element].data_type in ("integer", "number", "money")
        return entry.element.startswith("unit.") and counts and form.kind != "unit"

    def _fit_freely(self, entry: Entry, item: Reading, form: FormReading, contexts: frozenset[str]) -> float:
        personal = entry.element.startswith("person.")
        suffix = entry.element.partition(".")[2]
        tracked = personal and suffix in TRACKED
        if not entry.contexts:
            if tracked and item.subject and item.properties:
                return entry.sure * 0.5  # _offer_personal has said whose it is
            if tracked and form.kind in BODIES:
                return entry.sure * 0.5
            if item.how in ("follows", "row", "repeated") and item.subject and item.properties and not personal:
                return entry.sure * 0.8
            if item.how == "group":
                return entry.sure * (0.9 if item.subject in BODIES or item.subject == "person" else 0.75)
            if item.name in BARE_CERTIFICATE and form.has_id_number:
                return entry.sure * 0.6
            return entry.sure
        matched = contexts & set(entry.contexts)
        if not matched:
            secondary = form.bodies & set(entry.contexts)
            return entry.sure * (0.75 if secondary and form.kind not in BODIES else 0.4)
        factor = 1.06 if matched & _KIND_TOKENS else 1.02
        if item.how == "follows" or (item.how == "named" and item.subject != form.row_person):
            factor = 0.6  # the nearest person claims it first
        if item.name in BARE_CERTIFICATE and form.kind == "person" and not form.has_id_number:
            factor *= 0.75
        return entry.sure * factor

    def _offer_variants(self, item: Reading, form: FormReading, contexts: frozenset[str], offer) -> None:
        """Names that differ only in a word that adds little, or that say first which body they are about."""
        for other, left in names.shorter(item.name):
            for entry in self.knowledge.entries.get(other, ()):
                offer(entry.element, 0.95 * left * self._fit(entry, item, form, contexts))
        for body in BODIES:
            for cue in self.knowledge.cues:
                if item.name.startswith(cue) and any(c.subject == body for c in self.knowledge.cues[cue]):
                    for entry in self.knowledge.entries.get(item.name[len(cue) :], ()):
                        if entry.element.startswith(body) and body in entry.contexts:
                            offer(entry.element, 0.93 * entry.sure)

    def _index_likeness(self) -> None:
        self._words = list(self.knowledge.entries)
        self._holding: dict[str, list[int]] = defaultdict(list)
        self._sizes = []
        for number, word in enumerate(self._words):
            pieces = names.grams(word)
            self._sizes.append(len(pieces))
            for piece in pieces:
                if len(piece) == 2:
                    self._holding[piece].append(number)

    def _offer_alike(self, item: Reading, form: FormReading, contexts: frozenset[str], offer, scale: float) -> None:
        """Names that look alike: candidates for a person to choose from, never certain."""
        own = names.grams(item.name)
        counts: Counter[int] = Counter()
        for piece in own:
            for number in self._holding.get(piece, ()):
                counts[number] += 1
        likely = sorted(counts.items(), key=lambda pair: (-pair[1] / (self._sizes[pair[0]] + len(own)), pair[0]))[:25]
        for number, _ in likely:
            word = self._words[number]
            likeness = names.likeness(item.name, word)
            if item.name.endswith(word):
                likeness = max(likeness, 0.55 + 0.1 * min(len(word), 4) / 4)
            elif item.name.startswith(word):
                likeness = max(likeness, 0.5)
            for entry in self.knowledge.entries[word]:
                offer(entry.element, scale * 0.8 * likeness * self._fit(entry, item, form, contexts))

    def _weigh_hints(self, item: Reading, scores: dict[str, float]) -> None:
        """What stands in brackets or beside the field: its options say which of several meanings is asked."""
        hint = item.hint
        if not hint:
            return
        for options, element, instead_of in _OPTIONS:
            asked_otherwise = [other for other in instead_of if other in scores]
            if asked_otherwise and any(option in hint for option in options) and element in self.elements:
                for other in asked_otherwise:
                    scores[other] *= 0.6
                scores[element] = 0.95
        if "身份证" in hint and "person.id_number" in scores and item.subject in ("", "person"):
            scores["person.id_number"] = max(scores["person.id_number"], 0.93)
        if "houseowner" in hint.lower():
            for element in list(scores):
                scores[element] *= 0.6
                suffix = element.partition(".")[2].replace("residence_", "")
                if f"house.owner_{suffix}" in self.elements:
                    scores[f"house.owner_{suffix}"] = 0.9

    def _weigh_aliases(self, item: Reading, form: FormReading, scores: dict[str, float]) -> None:
        known = self.aliases.get(item.name)
        if not known:
            return
        context = self._context(item, form)
        here = known.get(context, []) + (known.get("", []) if context else [])
        deciding = [alias for alias in here if alias.weight >= 1]
        if deciding:
            best = max(deciding, key=lambda alias: alias.weight)
            for element in scores:
                scores[element] = min(scores[element], 0.5)
            if best.element is None:
                scores["?"] = 1.0
            else:
                scores[best.element] = 1.0
            return
        # What a name meant elsewhere does not tell whose it is here.
        whose = LOOSE if item.rival or item.how == "repeated" or self._is_not_the_row(item, form) else 0.99
        for alias in here:
            if alias.element is None:
                for element in scores:
                    scores[element] *= 1 - 0.5 * alias.weight
            else:
                agrees = scores and max(scores, key=scores.__getitem__) == alias.element
                before = scores.get(alias.element, 0.0)
                evidence = max(before, alias.weight) + (0.08 if agrees else 0.0)
                scores[alias.element] = max(before, min(whose, evidence))
        if not here:
            elsewhere = {alias.element for found in known.values() for alias in found if alias.weight < 1}
            if len(elsewhere) == 1 and not item.properties:
                (element,) = elsewhere
                if element is None:
                    for other in scores:
                        scores[other] *= 0.8
                else:
                    weight = max(alias.weight for found in known.values() for alias in found)
                    scores[element] = max(scores.get(element, 0.0), 0.8 * weight)

    # Decisions

    def _decide(self, form: FormText, reading: FormReading, scored: list[dict[str, float]]) -> list[FieldMatch]:
        ranked = [sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])) for scores in scored]
        autos: dict[str, list[int]] = defaultdict(list)
        decisions: list[Decision] = []
        for i, order in enumerate(ranked):
            decision: Decision = "none"
            if order and order[0][0] != "?":
                top, score = order[0]
                margin = score - (order[1][1] if len(order) > 1 else 0.0)
                if score >= AUTO_FROM and margin >= MARGIN:
                    decision = "auto"
                    autos[top].append(i)
                elif score >= REVIEW_FROM:
                    decision = "review"
            decisions.append(decision)
        for element, indexes in autos.items():
            if len(indexes) > 1:
                for i in self._doubtful(element, indexes, form, ranked):
                    decisions[i] = "review"
        for i, decision in enumerate(decisions):
            if decision == "review" and len(ranked[i]) < SHOWN:
                ranked[i] += self._nearest(reading.fields[i].name, ranked[i])
        clusters = self._clusters(reading, decisions)
        return [self._answer(form, reading, i, decisions[i], ranked[i], clusters[i]) for i in range(len(form.fields))]

    def _nearest(self, name: str, order: list[tuple[str, float]]) -> list[tuple[str, float]]:
        """Elements named most like the field, behind those found: a person is shown five to choose from (候选补足)."""
        found, least = {element for element, _ in order}, order[-1][1]
        others = [key for key in self.elements if key not in found]
        alike = [(names.likeness(name, self.elements[key].name), key) for key in others]
        nearest = sorted((pair for pair in alike if pair[0] > 0), key=lambda pair: (-pair[0], pair[1]))
        return [(key, 0.3 * least * likeness) for likeness, key in nearest[: SHOWN - len(order)]]

    def _clusters(self, reading: FormReading, decisions: list[Decision]) -> list[str | None]:
        """What fields without an element are grouped by: whose, and the name; a bare 类别 or 数量 means little by
        itself, so it is kept to forms of one kind. Two fields of one form never share a group."""
        found: list[str | None] = []
        for item, decision in zip(reading.fields, decisions, strict=True):
            if decision != "none":
                found.append(None)
                continue
            whose = item.subject if item.how in ("named", "group") else ""
            if not whose and len(item.name) <= 2:
                whose = self._context(item, reading)
            cluster = f"{whose}:{item.name}"
            if cluster in found and item.group:
                cluster = f"{whose}:{item.group}:{item.name}"
            if cluster in found:
                cluster = f"{cluster}#{found.count(cluster) + len(found)}"
            found.append(cluster)
        return found

    def _doubtful(self, element: str, indexes: list[int], form: FormText, ranked) -> list[int]:
        """Two fields of one form never merge by themselves, unless plainly repeated (备注1, 备注2; 地址, 详址)."""
        first = max(indexes, key=lambda i: (round(ranked[i][0][1], 2), -i))
        doubtful = []
        for i in indexes:
            if i == first or element in _MANY:
                continue
            one, other = form.fields[first].name, form.fields[i].name
            numbered = names.normalise(one) == names.normalise(other) and one != other
            detailed = ("详" in one) != ("详" in other) and element.endswith("address")
            if not numbered and not detailed:
                doubtful.append(i)
        return doubtful

    def _answer(
        self,
        form: FormText,
        reading: FormReading,
        i: int,
        decision: Decision,
        order: list[tuple[str, float]],
        cluster: str | None,
    ) -> FieldMatch:
        item = reading.fields[i]
        answered = bool(order) and order[0][0] == "?"
        order = [pair for pair in order if pair[0] != "?"]
        candidates = tuple(Candidate(element, round(score, 3)) for element, score in order[:SHOWN])
        titles = [self.elements[candidate.element].name for candidate in candidates]
        return FieldMatch(
            fid=form.fields[i].fid,
            element=candidates[0].element if candidates and decision != "none" else None,
            candidates=candidates,
            decision=decision,
            score=1.0 if answered else (candidates[0].score if candidates else 0.0),
            subject=item.subject or (reading.kind if reading.kind in BODIES else ""),
            reason=reason(self.knowledge, item, decision, titles, answered),
            cluster=cluster,
        )
