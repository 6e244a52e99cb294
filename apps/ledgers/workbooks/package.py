"""The parts of a workbook (工作簿部件), read one at a time and within limits.

A workbook is a zip of XML. No part is unpacked beyond its limit, no XML may declare entities, and all parts together
may hold so many elements: the worst file costs as much as a large honest one.
"""

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from xml.parsers import expat

from apps.ledgers.workbooks.refusals import (
    MEGABYTE,
    NEW_COPY,
    WorkbookRefused,
    check_upload,
    damaged,
    too_big,
    unreadable,
)

MOST_ENTRIES = 1000
MOST_UNPACKED = 100 * MEGABYTE
MOST_PART = 12 * MEGABYTE  # one sheet, or all its texts
MOST_RATIO = 150  # a workbook full of one style packs about 1:60
MOST_ELEMENTS = 600_000
MOST_TAG = MEGABYTE
CHUNK = 256 * 1024
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
BROKEN_ZIP = (  # all that zipfile raises on bytes that are no zip, or lie about where their entries are
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)

Attributes = dict[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]
Text = Callable[[str], None]


@dataclass(frozen=True)
class Relation:
    """部件之间的关系: what kind of part it leads to, and where that is."""

    kind: str
    target: str


@dataclass(frozen=True)
class SheetPart:
    """工作表部件."""

    name: str
    part: str
    is_visible: bool


@dataclass
class Package:
    """An opened workbook (工作簿); WorkbookRefused when it is none that can be trusted."""

    data: bytes
    filename: str = "模板.xlsx"
    elements: int = field(default=0, init=False)
    relations_read: dict[str, dict[str, Relation]] = field(default_factory=dict, init=False)
    sheets_read: dict[str, Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        check_upload(self.data, self.filename)
        try:
            self.archive = zipfile.ZipFile(io.BytesIO(self.data))
        except BROKEN_ZIP as error:
            raise damaged() from error
        self.entries = self.archive.infolist()
        self.names = {entry.filename for entry in self.entries}
        self._check_entries()
        for name in sorted(self.names):
            self._check_part(name)
        self._check_types()

    def _check_entries(self) -> None:
        sizes = [(entry.file_size, entry.compress_size) for entry in self.entries]
        unpacked, packed = (sum(each) for each in zip(*sizes, strict=True)) if sizes else (0, 0)
        steep = unpacked > MEGABYTE and unpacked / (packed or 1) > MOST_RATIO
        if len(sizes) > MOST_ENTRIES or unpacked > MOST_UNPACKED or steep:
            raise WorkbookRefused("文件解压后过大，像是压缩炸弹", "请新建一个工作簿，只把表头复制过去再上传")
        if any(
            entry.file_size > MOST_PART and not entry.filename.endswith((".xml", ".rels")) for entry in self.entries
        ):
            raise WorkbookRefused("文件里有过大的图片或附件", "请删去图片和附件，只留表头，保存后再上传")
        if any(entry.flag_bits & 1 for entry in self.entries):
            raise WorkbookRefused("这个文件设了打开密码", "请取消密码，保存后再上传")
        if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in self.entries):
            raise damaged()
        if any(_leads_outside(name) for name in self.names) or len(self.names) < len(self.entries):
            raise WorkbookRefused("文件里有不正常的内部路径", NEW_COPY)
        if "[Content_Types].xml" not in self.names or self.workbook_part not in self.names:
            raise self._another_format()
        lower = {name.lower() for name in self.names}
        if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in lower):
            raise _macros()
        if any(name.startswith("xl/externallinks/") for name in lower):
            raise WorkbookRefused("文件引用了别的工作簿", "请在“数据—编辑链接”中断开链接，保存后再上传")
        if any(name.startswith(("xl/embeddings/", "xl/activex/")) or name == "xl/connections.xml" for name in lower):
            raise WorkbookRefused(
                "文件里嵌有别的文件、控件或数据连接", "请新建一个工作簿，只把表头复制过去，保存后再上传"
            )

    def _another_format(self) -> WorkbookRefused:
        """A zip that is no .xlsx: what it is, by the parts it has."""
        folders = {name.partition("/")[0] for name in self.names}
        if "xl/workbook.bin" in self.names:
            return WorkbookRefused("这是二进制工作簿（.xlsb）", NEW_COPY)
        if "mimetype" in self.names:
            return WorkbookRefused("这是 OpenDocument 表格（.ods）", NEW_COPY)
        if "word" in folders or "ppt" in folders:
            kind = "Word 文档" if "word" in folders else "演示文稿"
            return WorkbookRefused(f"这是 {kind}，不是 Excel 工作簿", "请把表头录进 Excel，存为 .xlsx 后再上传")
        return WorkbookRefused("这不是 Excel 工作簿，只是改了扩展名的压缩文件", NEW_COPY)

    def _check_part(self, name: str) -> None:
        """No declarations in any XML, and no relation that fetches something from elsewhere."""
        lower = name.lower()
        if not lower.endswith((".xml", ".rels", ".vml")):
            return
        if self.archive.getinfo(name).file_size > MOST_PART:
            raise too_big()
        part = self.read(name)
        if b"<!DOCTYPE" in part or b"<!ENTITY" in part or b"<\0!\0D\0" in part or b"\0<\0!\0D" in part:
            raise WorkbookRefused("文件里有不该有的内容（XML 实体）", NEW_COPY)
        if lower.endswith(".rels"):
            self.relations_in(name)

    def _check_types(self) -> None:
        types: dict[str, str] = {}

        def start(tag: str, attributes: Attributes) -> None:
            key = attributes.get("PartName") if tag == "Override" else f".{attributes.get('Extension', '')}"
            types[(key or "").lstrip("/")] = attributes.get("ContentType", "")

        self.walk("[Content_Types].xml", start)
        kind = types.get(self.workbook_part) or types.get(".xml", "")
        if "macroEnabled" in kind:
            raise _macros()
        if kind != WORKBOOK_TYPE:
            raise unreadable()

    def read(self, name: str) -> bytes:
        """One part; zipfile gives no more than the size it declared, which was added up before."""
        try:
            return self.archive.read(name)
        except KeyError as error:
            raise unreadable() from error
        except BROKEN_ZIP as error:
            raise damaged() from error

    def walk(self, name: str, start: Start, end: End | None = None, text: Text | None = None) -> None:
        """Tell the elements of a part by their local names; a handler that has seen enough raises `Enough`."""
        walk_xml(self.read(name), start, end, text, self._count)

    def _count(self) -> None:
        self.elements += 1
        if self.elements > MOST_ELEMENTS:
            raise too_big()

    def relations(self, part: str) -> dict[str, Relation]:
        """The relations of a part by their ids."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        return self.relations_in(rels) if rels in self.names else {}

    def relations_in(self, rels: str) -> dict[str, Relation]:
        if rels in self.relations_read:
            return self.relations_read[rels]
        found: dict[str, Relation] = {}
        folder = posixpath.dirname(posixpath.dirname(rels))

        def start(tag: str, attributes: Attributes) -> None:
            if tag != "Relationship":
                return
            kind, target = attributes.get("Type", "").rpartition("/")[2], attributes.get("Target", "")
            if attributes.get("TargetMode") == "External":
                if kind != "hyperlink":
                    raise WorkbookRefused("文件引用了外部的内容", "请新建一个工作簿，只把表头复制过去再上传")
                return
            found[attributes.get("Id", "")] = Relation(
                kind, posixpath.normpath(posixpath.join("/", folder, target))[1:]
            )

        self.walk(rels, start)
        self.relations_read[rels] = found
        return found

    @cached_property
    def workbook_part(self) -> str:
        if "_rels/.rels" not in self.names:
            return "xl/workbook.xml"
        relations = self.relations_in("_rels/.rels").values()
        return next((each.target for each in relations if each.kind == "officeDocument"), "xl/workbook.xml")

    @cached_property
    def sheets(self) -> list[SheetPart]:
        """Worksheets in their order; charts on sheets of their own are left out."""
        relations = self.relations(self.workbook_part)
        found: list[SheetPart] = []

        def start(tag: str, attributes: Attributes) -> None:
            if tag != "sheet":
                return
            relation = relations.get(attributes.get("id", ""))
            if relation and relation.kind == "worksheet" and relation.target in self.names:
                visible = attributes.get("state", "visible") == "visible"
                found.append(SheetPart(attributes.get("name", ""), relation.target, visible))

        self.walk(self.workbook_part, start)
        return found

    @cached_property
    def defined_names(self) -> dict[str, str]:
        """What the names of the workbook stand for (名称管理器)."""
        found: dict[str, str] = {}
        current: list[str] = []

        def start(tag: str, attributes: Attributes) -> None:
            current[:] = [attributes.get("name", "")] if tag == "definedName" else []

        def text(words: str) -> None:
            if current:
                found[current[0]] = (found.get(current[0], "") + words)[:500]

        def end(tag: str) -> None:
            current.clear()

        self.walk(self.workbook_part, start, end, text)
        return found

    def texts(self, wanted: set[int]) -> dict[int, str]:
        """The shared texts with these numbers (共享字符串)."""
        part = next(
            (each.target for each in self.relations(self.workbook_part).values() if each.kind == "sharedStrings"), ""
        )
        if not wanted or part not in self.names:
            return {}
        reader = _SharedTexts(wanted)
        with suppress(Enough):
            self.walk(part, reader.start, reader.end, reader.text)
        return reader.found


class Enough(Exception):
    """The rest of a part is of no interest (读够了)."""


class _SharedTexts:
    """Collects the texts asked for; readings of characters (拼音) are left out."""

    def __init__(self, wanted: set[int]) -> None:
        self.wanted, self.last = wanted, max(wanted)
        self.found: dict[int, str] = {}
        self.number = -1
        self.inside = ""

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "si":
            self.number += 1
            if self.number > self.last:
                raise Enough
        self.inside = tag if self.inside != "rPh" else "rPh"

    def end(self, tag: str) -> None:
        if tag in ("t", "rPh") and (self.inside != "rPh" or tag == "rPh"):
            self.inside = ""

    def text(self, words: str) -> None:
        if self.inside == "t" and self.number in self.wanted:
            before = self.found.get(self.number, "")
            if len(before) < 4000:
                self.found[self.number] = before + words[:4000]


def walk_xml(
    xml: bytes,
    start: Start,
    end: End | None = None,
    text: Text | None = None,
    count: Callable[[], None] = lambda: None,
    at: list[int] | None = None,
) -> None:
    """Parse XML without building it. `at`, when given, holds the byte where the element being told begins."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 65_536

    def begin(name: str, attributes: Attributes) -> None:
        count()
        if at is not None:
            at[0] = parser.CurrentByteIndex
        for key in attributes:
            if ":" in key:
                attributes = {key.rpartition(":")[2]: each for key, each in attributes.items() if key[:6] != "xmlns:"}
                break
        start(name.rpartition(":")[2] if ":" in name else name, attributes)

    def finish(name: str) -> None:
        if at is not None:
            at[0] = parser.CurrentByteIndex
        if end is not None:
            end(name.rpartition(":")[2] if ":" in name else name)

    def refuse(*_: object) -> None:
        raise WorkbookRefused("文件里有不该有的内容（XML 实体）", NEW_COPY)

    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    if text is not None:
        parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        for place in range(0, len(xml) or 1, CHUNK):
            fed = place + CHUNK
            parser.Parse(xml[place:fed], fed >= len(xml))
            if fed - parser.CurrentByteIndex > MOST_TAG and fed < len(xml):
                raise unreadable()
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise unreadable() from error


def _leads_outside(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/") or bool(re.match(r"[A-Za-z]:", name))


def _macros() -> WorkbookRefused:
    return WorkbookRefused("文件里有宏", "请另存为不带宏的“Excel 工作簿（.xlsx）”再上传")
