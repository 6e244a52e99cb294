"""Measure field matching on labelled forms (匹配评测).

usage: python scripts/evaluate_matching.py FORMS.json [--mode MODE] [--errors N] [--write-aliases]

FORMS is a list of forms as in tests/data/forms_labelled.json. Modes:
  straight               the shipped aliases (learned from forms_labelled.json) and lexicon
  lexicon                the lexicon alone, no aliases
  leave-one-source-out   each source is matched with aliases learned from the other sources only (the honest figure)
  leave-one-form-out     the same, a form at a time
--write-aliases learns apps/catalog/data/matching/aliases.csv anew from FORMS.
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from apps.catalog.matching import ElementText, FieldMatch, FieldText, FormText, Matcher  # noqa: E402
from apps.catalog.matching.knowledge import learned_aliases  # noqa: E402
from apps.catalog.matching.learning import LabelledForm, learn  # noqa: E402

CATALOG = ROOT / "apps" / "catalog" / "data"
MODES = ("lexicon", "straight", "leave-one-source-out", "leave-one-form-out")


def read_elements() -> list[ElementText]:
    with open(CATALOG / "elements.csv", encoding="utf-8") as file:
        return [
            ElementText(
                line["id"], line["name"], line["definition"], line["data_type"], line["subject"], line["code_set"]
            )
            for line in csv.DictReader(file)
        ]


def read_forms(path: Path) -> list[LabelledForm]:
    """Labelled forms; a source is a repository or page, whatever file of it the form came from."""
    found = []
    for form in json.loads(path.read_text(encoding="utf-8")):
        fields = tuple(
            FieldText(item["fid"], item["name"], item.get("group") or "", item.get("comment") or "")
            for item in form["fields"]
        )
        found.append(
            LabelledForm(
                form=FormText(form["id"], form["form"], form.get("department_or_theme") or "", fields),
                source=form.get("source", "").split(" ")[0],
                elements={item["fid"]: item["element"] for item in form["fields"]},
                unsure=frozenset(item["fid"] for item in form["fields"] if item.get("certainty") == "unsure"),
            )
        )
    return found


def predict(elements: list[ElementText], forms: list[LabelledForm], mode: str) -> tuple[list[FieldMatch], float]:
    """Matches of all forms under a mode, and the seconds that matching alone took."""
    if mode in ("lexicon", "straight"):
        aliases = learned_aliases() if mode == "straight" else []
        return _timed(Matcher(elements, aliases), [item.form for item in forms])
    matches: list[FieldMatch] = []
    seconds = 0.0
    for held, rest in _folds(forms, (lambda item: item.source) if mode.endswith("source-out") else _form_id):
        aliases = [name.alias() for name in learn(Matcher(elements), rest)]
        found, took = _timed(Matcher(elements, aliases), [item.form for item in held])
        matches += found
        seconds += took
    return matches, seconds


def _form_id(item: LabelledForm) -> str:
    return item.form.id


def _folds(
    forms: list[LabelledForm], by: Callable[[LabelledForm], str]
) -> Iterator[tuple[list[LabelledForm], list[LabelledForm]]]:
    for value in dict.fromkeys(map(by, forms)):
        yield [item for item in forms if by(item) == value], [item for item in forms if by(item) != value]


def _timed(matcher: Matcher, forms: list[FormText]) -> tuple[list[FieldMatch], float]:
    started = time.perf_counter()
    return matcher.match_all(forms), time.perf_counter() - started


@dataclass
class Score:
    """评测结果: shares of 1, and the errors themselves."""

    fields: int = 0
    registered: int = 0
    first: int = 0
    in_three: int = 0
    in_five: int = 0
    auto: int = 0
    auto_registered: int = 0
    review: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list)
    whose: list[tuple[str, str]] = field(default_factory=list)

    def recall(self, k: int) -> float:
        return {1: self.first, 3: self.in_three, 5: self.in_five}[k] / self.registered

    @property
    def coverage(self) -> float:
        return self.auto_registered / self.registered

    @property
    def precision(self) -> float:
        return 1 - len(self.wrong) / self.auto if self.auto else 1.0


def score(forms: list[LabelledForm], matches: list[FieldMatch]) -> Score:
    """Compare with the labels; counts as the acceptance script of the project does."""
    found = {match.fid: match for match in matches}
    result = Score()
    for item in forms:
        for fid, gold in item.elements.items():
            match = found[fid]
            ranked = [candidate.element for candidate in match.candidates]
            is_registered = not gold.startswith("other:")
            result.fields += 1
            result.review += match.decision == "review"
            if is_registered:
                result.registered += 1
                result.first += gold in ranked[:1]
                result.in_three += gold in ranked[:3]
                result.in_five += gold in ranked[:5]
            if match.decision == "auto":
                result.auto += 1
                result.auto_registered += is_registered
                if match.element != gold:
                    result.wrong.append((fid, gold))
                    if is_registered and _same_property(match.element or "", gold):
                        result.whose.append((fid, gold))
    return result


_ROLES = ("head_", "owner_", "legal_rep_", "in_charge_", "contact_", "emergency_contact_", "driver_")


def _same_property(one: str, other: str) -> bool:
    def bare(element: str) -> str:
        name = element.partition(".")[2]
        return next((name.removeprefix(role) for role in _ROLES if name.startswith(role)), name)

    return bare(one) == bare(other)


def write_aliases(elements: list[ElementText], forms: list[LabelledForm]) -> int:
    """Learn the shipped alias table anew; returns its rows."""
    learned = learn(Matcher(elements), forms)
    with open(CATALOG / "matching" / "aliases.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "context", "element", "forms", "sources", "weight"])
        for row in learned:
            writer.writerow([row.name, row.context, row.element or "", row.forms, row.sources, row.weight])
    return len(learned)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("forms", type=Path)
    parser.add_argument("--mode", choices=MODES, help="one mode; all of them when not given")
    parser.add_argument("--errors", type=int, default=0, metavar="N", help="list the first N wrong autos")
    parser.add_argument("--write-aliases", action="store_true")
    args = parser.parse_args()
    elements, forms = read_elements(), read_forms(args.forms)
    if args.write_aliases:
        print(f"aliases.csv: {write_aliases(elements, forms)} rows")
    names = {item.fid: (form.form.title, item.name) for form in forms for item in form.form.fields}
    for mode in [args.mode] if args.mode else MODES:
        matches, seconds = predict(elements, forms, mode)
        result = score(forms, matches)
        print(
            f"{mode:<21} recall@1 {result.recall(1):.4f} @3 {result.recall(3):.4f} @5 {result.recall(5):.4f}  "
            f"auto coverage {result.coverage:.4f} precision {result.precision:.4f} wrong {len(result.wrong)}  "
            f"whose {len(result.whose)}  review {result.review / result.fields:.4f}  "
            f"{1000 * seconds / result.fields:.3f} s per 1000 fields"
        )
        found = {match.fid: match for match in matches}
        for fid, gold in result.wrong[: args.errors]:
            title, name = names[fid]
            whose = " WHOSE" if (fid, gold) in result.whose else ""
            print(f"    {fid} {title} / {name}: {found[fid].element} {found[fid].score} (should be {gold}){whose}")


if __name__ == "__main__":
    main()
