"""A stored identifier reads back only for its own element, untouched; equal values meet only through the index."""

import pytest

from apps.core import crypto

ID = "310230196209047926"


def test_a_value_reads_back_and_its_token_does_not_show_it():
    token = crypto.encrypt("person.id_number", ID)
    assert ID not in token
    assert crypto.decrypt("person.id_number", token) == ID


def test_one_value_has_a_new_token_each_time_and_one_index():
    assert crypto.encrypt("person.phone", "13800000000") != crypto.encrypt("person.phone", "13800000000")
    assert crypto.blind_index("person.phone", "13800000000") == crypto.blind_index("person.phone", "13800000000")


def test_the_index_of_one_element_says_nothing_about_another():
    assert crypto.blind_index("person.phone", ID) != crypto.blind_index("person.id_number", ID)


def test_a_token_moved_to_another_element_is_an_error():
    token = crypto.encrypt("father.id_number", ID)
    with pytest.raises(crypto.CryptoProblem, match="无法读取"):
        crypto.decrypt("person.id_number", token)


@pytest.mark.parametrize("position", [8, 20, -3])
def test_a_changed_token_is_an_error_not_a_value(position):
    token = crypto.encrypt("person.id_number", ID)
    other = "A" if token[position] != "A" else "B"
    changed = token[:position] + other + token[position:][1:]
    with pytest.raises(crypto.CryptoProblem):
        crypto.decrypt("person.id_number", changed)


@pytest.mark.parametrize("text", ["310230196209047926", "sm4:k9:AAAA", "sm4:k1:", "sm4:k1:???"])
def test_what_is_not_a_token_is_an_error(text):
    with pytest.raises(crypto.CryptoProblem):
        crypto.decrypt("person.id_number", text)


def test_nothing_stays_nothing():
    assert crypto.encrypt("person.phone", "") == crypto.decrypt("person.phone", "") == ""
    assert crypto.blind_index("person.phone", "") == ""
