"""The code tables of the standards, as the catalogue ships them."""

import csv

import pytest

from apps.catalog.services import DATA
from apps.catalog.values import CodeTable


def read_table(code_set: str) -> CodeTable:
    with open(DATA / "codes" / f"{code_set}.csv", encoding="utf-8") as file:
        return CodeTable(tuple((line["code"], line["name"]) for line in csv.DictReader(file)))


@pytest.fixture(scope="session")
def table():
    return read_table
