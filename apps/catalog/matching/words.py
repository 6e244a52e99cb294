"""Word lists kept as data (词表): apps/catalog/data/matching/words.csv and synonyms.csv."""

import csv
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data" / "matching"


def lines(file_name: str) -> list[dict[str, str]]:
    """The rows of a knowledge file."""
    with open(DATA / file_name, encoding="utf-8") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=1)
def word_lists() -> dict[str, list[str]]:
    """Every list of words by its use."""
    return {line["use"]: line["words"].split("|") for line in lines("words.csv")}


def words(use: str) -> frozenset[str]:
    """The words of one use."""
    return frozenset(word_lists()[use])


def replacements(use: str) -> tuple[tuple[str, str], ...]:
    """Pairs of a word and what it is written as, in the order they are applied."""
    return tuple((line["word"], line["written"]) for line in lines("synonyms.csv") if line["use"] == use)
