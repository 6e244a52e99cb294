"""中文数字: 二〇二三, 二十八, 廿八, 一千二百 as they stand in dates and counts."""

import re

DIGITS = {letter: number for number, letter in enumerate("〇一二三四五六七八九")} | {"○": 0, "零": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_TENS = {"廿": "二十", "卅": "三十"}
LETTERS = "".join([*DIGITS, *_UNITS, *_TENS])
_COUNTED = re.compile(r"(?:(.)千)?零?(?:(.)百)?零?(?:(.)?十)?零?(.)?")


def read(text: str) -> int | None:
    """The number, below 100,000,000; None when the letters make none. Digits in a row are read one by one."""
    for short, long in _TENS.items():
        text = text.replace(short, long)
    if not text or any(letter not in DIGITS and letter not in _UNITS for letter in text):
        return None
    if all(letter in DIGITS for letter in text):
        return int("".join(str(DIGITS[letter]) for letter in text[:9]))
    high, ten_thousand, low = text.rpartition("万")
    above = _below_ten_thousand(high) if ten_thousand else 0
    below = _below_ten_thousand(low) if low else 0
    if above is None or below is None or (ten_thousand and not above):
        return None
    return above * 10_000 + below


def _below_ten_thousand(text: str) -> int | None:
    found = _COUNTED.fullmatch(text)
    if not text or not found or any(letter in _UNITS for letter in found.groups("一")):
        return None
    thousands, hundreds, tens, ones = found.groups()
    tens_digit = DIGITS[tens] if tens else int("十" in text)
    digits = [DIGITS.get(letter or "", 0) for letter in (thousands, hundreds, ones)]
    return digits[0] * 1000 + digits[1] * 100 + tens_digit * 10 + digits[2]
