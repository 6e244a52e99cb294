"""What holds of every form, whatever is written on it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.matching import AliasText, FieldText, FormText, Matcher, normalise
from apps.catalog.matching.knowledge import learned_aliases, load
from scripts.evaluate_matching import read_elements

MATCHER = Matcher(read_elements(), learned_aliases())
WORDS = sorted({*load().entries, *load().cues})

anything = st.text(max_size=40)
likely = st.lists(st.sampled_from([*WORDS, "姓名", "（", "）", "1", "：", "或", "的"]), max_size=3).map("".join)
names = anything | likely
forms = st.builds(
    lambda title, department, fields: FormText(
        "f", title, department, tuple(FieldText(str(i), *field) for i, field in enumerate(fields))
    ),
    names,
    anything,
    st.lists(st.tuples(names, names, anything), max_size=12),
)


@given(forms)
@settings(max_examples=150, deadline=None)
def test_every_field_is_answered_in_order_and_within_bounds(form: FormText) -> None:
    matches = MATCHER.match(form)
    assert [match.fid for match in matches] == [field.fid for field in form.fields]
    for match in matches:
        assert match.decision in ("auto", "review", "none")
        assert (match.element is None) == (match.decision == "none")
        assert (match.cluster is None) == (match.decision != "none")
        assert match.reason
        assert 0 <= match.score <= 1
        scores = [candidate.score for candidate in match.candidates]
        assert len(scores) <= 5
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        if match.element:
            assert match.element == match.candidates[0].element
    clusters = [match.cluster for match in matches if match.cluster]
    assert len(clusters) == len(set(clusters))


@given(st.lists(forms, min_size=1, max_size=4), st.randoms())
@settings(max_examples=30, deadline=None)
def test_neither_the_order_of_forms_nor_a_second_run_matters(several: list[FormText], random: object) -> None:
    several = [
        FormText(
            str(n), form.title, form.department, tuple(FieldText(f"{n}.{f.fid}", f.name, f.group) for f in form.fields)
        )
        for n, form in enumerate(several)
    ]
    once = {match.fid: match for match in MATCHER.match_all(several)}
    random.shuffle(several)
    assert {match.fid: match for match in MATCHER.match_all(several)} == once


@given(names)
@settings(max_examples=200, deadline=None)
def test_a_normalised_name_has_no_marks_left(name: str) -> None:
    bare = normalise(name)
    assert bare == bare.strip()
    assert not set(bare) & set(" \t*:;,，。：；（）()")


@given(forms.filter(lambda form: form.fields), st.sampled_from(["person.phone", "unit.name", None]))
@settings(max_examples=60, deadline=None)
def test_a_persons_answer_decides(form: FormText, answer: str | None) -> None:
    name, context = MATCHER.places(form)[0]
    match = Matcher(read_elements(), [AliasText(name, context, answer)]).match(form)[0]
    assert match.element == answer or match.decision == "review"  # a second field of the form may have a better claim
    assert match.decision != "auto" or match.element == answer
