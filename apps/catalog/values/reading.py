"""One door for a cell of any data type (取值): what was typed becomes a canonical string, or a sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from apps.catalog.values import (
    address,
    boolean,
    credit_code,
    dates,
    id_number,
    name,
    numbers,
    phone,
    serial,
    text,
    year,
)
from apps.catalog.values.codes import CodeTable
from apps.catalog.values.problems import ValueProblem

Options = CodeTable | tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Value:
    """`normalised` is what is stored and compared, `display` what is shown; both are empty for nothing."""

    normalised: str
    display: str


NOTHING = Value("", "")

# Data type → reader. `code` and `choice` read from a table, `id_number` and `date` know the day: see `parse`.
READERS: dict[str, Callable[[str], str]] = {
    "text": text.parse,
    "name": name.parse,
    "phone": phone.parse,
    "integer": numbers.parse_integer,
    "number": numbers.parse_number,
    "money": numbers.parse_money,
    "boolean": boolean.parse,
    "address": address.parse,
    "serial": serial.parse,
    "org_name": name.parse_organisation,
    "year": year.parse,
}
# Elements whose numbers have a rule of their own.
READERS_BY_ELEMENT: dict[str, Callable[[str], str]] = {
    "unit.credit_code": credit_code.parse,
    "unit.org_code": credit_code.parse_organisation,
    "person.bank_account": serial.parse_bank_account,
    "person.postcode": serial.parse_postcode,
    "disability.cert_no": serial.parse_disability_certificate,
}


def parse(data_type: str, written: str, *, options: Options = (), today: date, element: str = "") -> Value:
    """Read one cell: ValueProblem when the value is not what its type asks for.

    `options` are (code, name) pairs or a `CodeTable`; a choice without options is free text. `element` is the data
    element's id, for the few with a rule of their own. What is empty, or only a dash, is nothing.
    """
    if text.is_nothing(written):
        return NOTHING
    if data_type == "code" or (data_type == "choice" and options):
        table = CodeTable.of(options)
        code = table.parse(written) if data_type == "code" else table.parse_several(written)
        return Value(code, table.name_of(code))
    normalised = _read(data_type, written, today, element)
    return Value(normalised, normalised)


def _read(data_type: str, written: str, today: date, element: str) -> str:
    if data_type == "id_number":
        return id_number.parse(written, today=today)
    if data_type == "date":
        if element.endswith(".birth_date"):
            return _past(dates.parse(written, today=today), today)
        if element.endswith("valid_until"):
            return dates.parse_end(written, today=today)
        return dates.parse_term(written, today=today)
    if data_type == "choice":
        return text.parse(written)
    return READERS_BY_ELEMENT.get(element, READERS[data_type])(written)


def _past(day: str, today: date) -> str:
    if day > today.isoformat():
        raise ValueProblem("出生日期晚于今天，请核对")
    return day
