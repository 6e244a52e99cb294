import pytest

from apps.catalog.selectors import context_title


@pytest.mark.parametrize(
    ("context", "title"),
    [("person", "本人"), ("person/elder", "本人 · 老年人"), ("spouse", "配偶"), ("person/nothing", "本人"), ("", "")],
)
def test_a_context_reads_in_words(context, title):
    assert context_title(context) == title
