"""A stored identifier reads back only for its own element, untouched; equal values meet only through the index."""

import hashlib
import hmac
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.core import crypto

ID = "310230196209047926"
OLD, NEW, INDEX = "0f" * 16, "1e" * 16, "2d" * 16


@pytest.fixture
def use_keys(settings) -> Iterator[Callable[..., None]]:
    """Put other keys in force until the test ends."""

    def use(data_keys: str, index_key: str = INDEX, *, production: bool = False) -> None:
        settings.DATA_KEYS, settings.INDEX_KEY, settings.IS_PRODUCTION = data_keys, index_key, production
        crypto.keyring.cache_clear()

    yield use
    crypto.keyring.cache_clear()


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


def test_every_single_letter_of_a_token_counts():
    token = crypto.encrypt("person.id_number", ID)
    for position in range(len(token)):
        other = "A" if token[position] != "A" else "B"
        with pytest.raises(crypto.CryptoProblem):
            crypto.decrypt("person.id_number", token[:position] + other + token[position + 1 :])


@pytest.mark.parametrize("spelling", ["{0}=", "{0}!", " {0}", "{0}\n", "{0}A", "{0}:x"])
def test_a_token_spelt_with_more_is_an_error(spelling):
    with pytest.raises(crypto.CryptoProblem):
        crypto.decrypt("person.id_number", spelling.format(crypto.encrypt("person.id_number", ID)))


def test_a_cut_token_is_an_error():
    token = crypto.encrypt("person.id_number", ID)
    for length in range(1, len(token)):
        with pytest.raises(crypto.CryptoProblem):
            crypto.decrypt("person.id_number", token[:length])


def test_the_first_key_encrypts_and_the_older_still_reads(use_keys):
    use_keys(f"k1:{OLD}")
    old = crypto.encrypt("person.phone", "13800000000")
    index = crypto.blind_index("person.phone", "13800000000")
    use_keys(f"k2:{NEW},k1:{OLD}")
    new = crypto.encrypt("person.phone", "13800000000")
    assert (old[:7], new[:7]) == ("sm4:k1:", "sm4:k2:")
    assert [crypto.decrypt("person.phone", token) for token in (old, new)] == ["13800000000"] * 2
    assert crypto.blind_index("person.phone", "13800000000") == index
    use_keys(f"k2:{NEW}")
    with pytest.raises(crypto.CryptoProblem):
        crypto.decrypt("person.phone", old)


def test_the_index_is_hmac_sm3_under_its_own_key(use_keys):
    use_keys(f"k1:{OLD}")
    expected = hmac.new(bytes.fromhex(INDEX), f"person.phone\0{ID}".encode(), lambda: hashlib.new("sm3")).hexdigest()
    assert crypto.blind_index("person.phone", ID) == expected[:32]
    assert crypto.blind_index("person.phone", ID) == expected[:32]
    use_keys(f"k1:{OLD}", NEW)
    assert crypto.blind_index("person.phone", ID) != expected[:32]


def test_production_without_keys_does_not_start(use_keys):
    use_keys("", "", production=True)
    with pytest.raises(ImproperlyConfigured, match="生产环境须设置 DATA_KEYS 和 INDEX_KEY"):
        crypto.encrypt("person.phone", "13800000000")


@pytest.mark.parametrize(
    ("data_keys", "index_key"),
    [
        ("k1", INDEX),
        ("k1:zz", INDEX),
        (f"k1:{OLD[2:]}", INDEX),
        (f":{OLD}", INDEX),
        (f"k1:{OLD},k1:{NEW}", INDEX),
        (f"k1:{OLD}", "00"),
        (f"k1:{OLD}:{NEW}", INDEX),
    ],
)
def test_keys_that_are_no_keys_are_told(use_keys, data_keys, index_key):
    use_keys(data_keys, index_key)
    with pytest.raises(ImproperlyConfigured, match="32 位十六进制"):
        crypto.keyring()


def test_development_keys_are_made_once_for_all_who_start_together(use_keys, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    use_keys("", "")
    for attempt in range(30):
        path, together = tmp_path / str(attempt) / "keys.json", Barrier(6)

        def start(_: int, path: Path = path, together: Barrier = together) -> dict[str, str]:
            together.wait()
            return crypto._development_keys(path)

        with ThreadPoolExecutor(6) as starters:
            made = list(starters.map(start, range(6)))
        assert all(keys == made[0] for keys in made)
    crypto.keyring()
    assert [path.name for path in settings.VAR_DIR.iterdir()] == ["keys.json"]
    assert stat.S_IMODE((settings.VAR_DIR / "keys.json").stat().st_mode) == 0o600
    token = crypto.encrypt("person.phone", "13800000000")
    crypto.keyring.cache_clear()
    assert crypto.decrypt("person.phone", token) == "13800000000"
