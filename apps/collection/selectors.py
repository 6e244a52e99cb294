"""What the register can say about a person (底册能给出的要素), as SQL other rooms build set-based reads from.

The expressions speak of these aliases, which `PERSON_SOURCE` joins: `p` person, `h` household, `a` standard address,
`v` village, `t` town, `district`. The parameter `%(as_of)s` is the day the reading holds for.
"""

from dataclasses import dataclass

PERSON_SOURCE = """
    collection_person p
    JOIN organizations_area v ON v.code = left(p.area_code, 12)
    JOIN organizations_area t ON t.code = left(p.area_code, 9)
    JOIN organizations_area district ON district.code = left(p.area_code, 6)
    LEFT JOIN collection_household h ON h.id = p.household_id
    LEFT JOIN collection_residency r ON r.person_id = p.id AND r.valid_until IS NULL
    LEFT JOIN collection_dwelling d ON d.id = r.dwelling_id
    LEFT JOIN collection_standardaddress a ON a.id = d.address_id
"""


@dataclass(frozen=True)
class RegisterField:
    """How an element reads from the register (底册字段): an SQL text expression; whether it is worked out (推算)."""

    sql: str
    is_derived: bool = False


RESIDENT_ID_CARD = "111"  # 居民身份证 (GA/T 517)

REGISTER_FIELDS: dict[str, RegisterField] = {
    "person.name": RegisterField("p.name"),
    "person.sex": RegisterField("p.sex"),
    "person.birth_date": RegisterField("p.birth_date"),
    "person.id_number": RegisterField("p.id_number"),
    "person.phone": RegisterField("p.phone"),
    "person.residence_address": RegisterField("a.text"),
    "person.age": RegisterField("date_part('year', age(%(as_of)s::date, p.birth_on))::int::text", is_derived=True),
    "person.id_type": RegisterField(f"CASE WHEN p.id_number <> '' THEN '{RESIDENT_ID_CARD}' END", is_derived=True),
    "household.no": RegisterField("h.number"),
    "household.member_count": RegisterField(
        "(SELECT count(*) FROM collection_person member WHERE member.household_id = h.id HAVING count(*) > 0)::text",
        is_derived=True,
    ),
    "area.village": RegisterField("regexp_replace(v.name, '(村委会|居委会)$', '')", is_derived=True),
    "area.township": RegisterField("t.name", is_derived=True),
    "area.county": RegisterField("district.name", is_derived=True),
    "area.city": RegisterField("'上海市'", is_derived=True),
    "area.province": RegisterField("'上海市'", is_derived=True),
    "area.region": RegisterField("'上海市' || district.name || t.name", is_derived=True),
    "area.region_code": RegisterField("v.code", is_derived=True),
}


@dataclass(frozen=True)
class Population:
    """填报对象: which people a form is about; `sql` is a condition on `p`."""

    label: str
    sql: str


def _aged(low: int, high: int | None = None) -> str:
    born_by = f"p.birth_on <= (%(as_of)s::date - interval '{low} years')"
    return born_by if high is None else f"{born_by} AND p.birth_on > (%(as_of)s::date - interval '{high} years')"


MANUAL = "manual"  # nobody by itself: the village names them one by one

POPULATIONS: dict[str, Population] = {
    "all": Population("全部实有人口", "TRUE"),
    "aged_60": Population("60 周岁以上老人", _aged(60)),
    "aged_80": Population("80 周岁以上高龄老人", _aged(80)),
    "minors": Population("未满 18 周岁的未成年人", "p.birth_on > (%(as_of)s::date - interval '18 years')"),
    "women_15_49": Population("15 至 49 周岁妇女", f"p.sex = '2' AND {_aged(15, 50)}"),
    MANUAL: Population("由村居逐人添加", "FALSE"),
}
