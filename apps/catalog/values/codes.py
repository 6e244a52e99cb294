"""代码与选项: a value is kept as its code, shown by its name, and understood when written in the usual short ways."""

import re
from difflib import get_close_matches
from functools import lru_cache

from apps.catalog.values.problems import ValueProblem
from apps.catalog.values.text import compact

SEPARATOR = "、"
SHOWN = 6  # names listed in a sentence

# How people write the names of the standards; a table takes the ones whose target it has.
SAID = {
    "男": "男性", "女": "女性", "男的": "男性", "女的": "女性",
    "研究生": "研究生教育", "博士": "博士研究生毕业", "博士研究生": "博士研究生毕业",
    "硕士": "硕士研究生毕业", "硕士研究生": "硕士研究生毕业",
    "本科": "大学本科教育", "大学本科": "大学本科教育", "大学": "大学本科教育", "本科毕业": "大学本科毕业",
    "大专": "大学专科教育", "专科": "大学专科教育", "大学专科": "大学专科教育", "大专毕业": "大学专科毕业",
    "中专": "中等专科毕业", "中等专科": "中等专科毕业", "中专毕业": "中等专科毕业",
    "职高": "职业高中毕业", "职业高中": "职业高中毕业", "技校": "技工学校毕业", "技工学校": "技工学校毕业",
    "中职": "中等职业教育", "高中": "普通高级中学教育", "普通高中": "普通高级中学教育", "高中毕业": "普通高中毕业",
    "初中": "初级中学教育", "小学": "小学教育", "小学文化": "小学教育",
    "有配偶": "已婚", "结婚": "已婚", "已结婚": "已婚", "未结婚": "未婚", "离异": "离婚", "已离婚": "离婚",
    "党员": "中共党员", "共产党员": "中共党员", "中国共产党党员": "中共党员", "正式党员": "中共党员",
    "预备党员": "中共预备党员", "中国共产党预备党员": "中共预备党员", "团员": "共青团员",
    "中国共产主义青年团团员": "共青团员", "无党派": "无党派人士", "无党派民主人士": "无党派人士",
    "普通居民": "群众", "普通公民": "群众",
    "健康": "健康或良好", "良好": "健康或良好", "一般": "一般或较弱", "较弱": "一般或较弱", "体弱": "一般或较弱",
    "慢性病": "有慢性病", "残": "残疾",
    "丈夫": "夫", "妻子": "妻", "爱人": "配偶", "夫妻": "配偶", "儿子": "子", "女儿": "女", "媳妇": "儿媳",
    "父": "父亲", "母": "母亲", "爷爷": "祖父", "奶奶": "祖母", "外公": "外祖父", "外婆": "外祖母",
    "哥哥": "兄", "弟弟": "弟", "姐": "姐姐", "妹": "妹妹", "伯伯": "伯父", "叔叔": "叔父",
    "侄儿": "侄子", "外孙女儿": "外孙女",
    "身份证": "居民身份证", "二代身份证": "居民身份证", "居民户口簿": "户口簿", "户口本": "户口簿", "护照": "普通护照",
    "台胞证": "台湾居民来往大陆通行证", "回乡证": "港澳居民来往内地通行证", "出生证": "出生医学证明",
    "视力": "视力残疾", "听力": "听力残疾", "言语": "言语残疾", "肢体": "肢体残疾", "智力": "智力残疾",
    "精神": "精神残疾", "多重": "多重残疾",
    "1级": "一级", "2级": "二级", "3级": "三级", "4级": "四级", "壹级": "一级", "贰级": "二级", "叁级": "三级",
    "肆级": "四级", "Ⅰ级": "一级", "Ⅱ级": "二级", "Ⅲ级": "三级", "Ⅳ级": "四级",
    "户籍": "户籍人员", "本地": "户籍人员", "来沪": "来沪人员", "外来": "来沪人员", "境外": "境外人员",
    "人户一致": "户在人在", "自住房": "自住", "出租房": "出租", "空关": "空置", "空置房": "空置",
    "群租": "群租（疑似）",
}  # fmt: skip


class CodeTable:
    """A table of codes with their names, in the order of the standard (代码表)."""

    def __init__(self, items: tuple[tuple[str, str], ...]) -> None:
        self.names = dict(items)
        self._written_codes = {code.upper(): code for code in self.names}
        self._codes = {_key(name): code for code, name in reversed(items)}
        short: dict[str, set[str]] = {}
        for code, name in items:
            for form in self._short_forms_of(name):
                short.setdefault(form, set()).add(code)
        for form, codes in short.items():
            if len(codes) == 1:
                self._codes.setdefault(form, *codes)
        for said, name in SAID.items():
            if (target := self._codes.get(_key(name))) is not None:
                self._codes.setdefault(_key(said), target)

    @classmethod
    def of(cls, options: "CodeTable | tuple[tuple[str, str], ...]") -> "CodeTable":
        return options if isinstance(options, CodeTable) else _table(options)

    @staticmethod
    def _short_forms_of(name: str) -> set[str]:
        """The name without its remark in brackets, and 汉 for 汉族."""
        bare = re.sub(r"\(.*?\)", "", _key(name))
        return {bare, bare.removesuffix("族")} - {""}

    def find(self, text: str) -> str | None:
        """Code of what is written: a code, a name, a usual short form, or code and name together (`2 女`)."""
        written = _key(text)
        by_code = self._by_code(written)
        if by_code is not None:
            return by_code
        if (by_name := self._codes.get(written)) is not None:
            return by_name
        both = re.fullmatch(r"([0-9A-Za-z]+)[-.:、|_]?([^0-9A-Za-z].*)", written)
        if both:
            code, name = self._by_code(both[1]), self._codes.get(both[2])
            return code if code is not None and code == name else None
        return None

    def _by_code(self, written: str) -> str | None:
        """The code; a zero in front that Excel took away is put back, unless a code of one digit is meant as well."""
        if written in self._written_codes:
            return self._written_codes[written]
        if not written.isdigit() or not written.isascii():
            return None
        padded = f"0{written}"
        # GB/T 4761 has codes of one digit too, where 1 is not 01 本人 but 配偶
        one_digit_too = len(written) == 1 and self.names.get(padded) in {"本人", "户主"}
        return padded if padded in self.names and not one_digit_too else None

    def parse(self, text: str) -> str:
        """The code, or a sentence with what may be meant."""
        written = compact(text)
        if not written:
            return ""
        code = self.find(text)
        if code is None:
            raise ValueProblem(f"“{_shortened(written)}”不在选项中", self._hint(written))
        return code

    def parse_several(self, text: str) -> str:
        """One or more codes joined by `、`, each once, for what may be ticked more than once."""
        if not compact(text) or self.find(text) is not None:
            return self.parse(text)
        parts = [part for part in re.split(r"[、,;，；]", text) if compact(part)]
        if len(parts) < 2:
            return self.parse(text)
        return SEPARATOR.join(dict.fromkeys(self.parse(part) for part in parts))

    def name_of(self, parsed: str) -> str:
        """What is shown for one code or several."""
        if parsed in self.names:
            return self.names[parsed]
        return SEPARATOR.join(self.names.get(code, code) for code in parsed.split(SEPARATOR))

    def _hint(self, written: str) -> str:
        names = list(self.names.values())
        near = get_close_matches(written, names, n=1, cutoff=0.5)
        if near:
            return f"是否应为“{near[0]}”"
        listed = SEPARATOR.join(names[:SHOWN])
        return f"可填：{listed}" + (f"等 {len(names)} 项" if len(names) > SHOWN else "")


@lru_cache(maxsize=256)
def _table(items: tuple[tuple[str, str], ...]) -> CodeTable:
    return CodeTable(items)


def _key(text: str) -> str:
    return compact(text).strip("'").removesuffix(".0").upper()


def _shortened(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:20]}…"
