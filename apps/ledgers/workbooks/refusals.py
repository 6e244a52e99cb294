"""What is refused before anything is parsed (上传检查): by content, never by name, and without unpacking it whole."""

import io
import re
import zipfile
from pathlib import PurePath

from apps.core.errors import DomainError

MEGABYTE = 1024 * 1024
MOST_BYTES = 10 * MEGABYTE
MOST_ENTRIES = 1000
MOST_UNPACKED = 100 * MEGABYTE
MOST_SHEET_XML = 12 * MEGABYTE
MOST_RATIO = 150  # a workbook full of one style packs about 1:60
MOST_MERGED_CELLS = 20_000
OLE = bytes.fromhex("D0CF11E0A1B11AE1")

NEW_COPY = "请在 Excel 或 WPS 中打开，另存为“Excel 工作簿（.xlsx）”后再上传"


class WorkbookRefused(DomainError):
    """The file cannot be taken (文件不能用); says what is wrong with it and what to do."""


def check_upload(data: bytes, filename: str) -> None:
    """Refuse what is no plain .xlsx workbook of a sane size; reads at most the parts that decide."""
    if not data:
        raise WorkbookRefused("这个文件是空的", "请选择填好表头的模板再上传")
    if len(data) > MOST_BYTES:
        size, most = len(data) / MEGABYTE, MOST_BYTES // MEGABYTE
        raise WorkbookRefused(f"文件有 {size:.0f} MB，超过 {most} MB 的上限", "模板只留表头，请删去数据和图片后再上传")
    if data.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise WorkbookRefused("这个文件设了打开密码", "请在 Excel 或 WPS 中取消密码，保存后再上传")
        raise WorkbookRefused("这是旧版的 .xls 文件", NEW_COPY)
    if not data.startswith(b"PK"):
        kind = "网页" if re.match(rb"\s*<(!DOCTYPE|html|table)", data[:200], re.IGNORECASE) else "文本或其他格式"
        raise WorkbookRefused(f"“{PurePath(filename).name}”不是 Excel 工作簿，内容是{kind}", NEW_COPY)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_entries(archive)
            _check_parts(archive)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, OSError) as error:
        raise WorkbookRefused("文件不完整或已损坏", "请重新保存一份，再上传") from error


def _check_entries(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    bomb = unpacked > MOST_UNPACKED or (unpacked > MEGABYTE and unpacked / packed > MOST_RATIO)
    if len(entries) > MOST_ENTRIES or bomb:
        raise WorkbookRefused("文件解压后过大，像是压缩炸弹", "请新建一个工作簿，只把表头复制过去再上传")
    if any(entry.flag_bits & 1 for entry in entries):
        raise WorkbookRefused("这个文件设了打开密码", "请取消密码，保存后再上传")
    names = {entry.filename for entry in entries}
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        raise WorkbookRefused("这不是 Excel 工作簿，只是改了扩展名的压缩文件", NEW_COPY)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise WorkbookRefused("文件里有宏", "请另存为不带宏的“Excel 工作簿（.xlsx）”再上传")
    if any(name.startswith("xl/externalLinks/") for name in names):
        raise WorkbookRefused("文件引用了别的工作簿", "请在“数据—编辑链接”中断开链接，保存后再上传")
    sheets = [entry for entry in entries if entry.filename.startswith("xl/worksheets/")]
    if any(sheet.file_size > MOST_SHEET_XML for sheet in sheets):
        raise WorkbookRefused("工作表太大，有大量数据或空白格式行", "模板只留表头，请删去多余的行后再上传")


def _check_parts(archive: zipfile.ZipFile) -> None:
    for entry in archive.infolist():
        if not entry.filename.endswith((".xml", ".rels")):
            continue
        part = archive.read(entry)
        if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
            raise WorkbookRefused("文件里有不该有的内容（XML 实体）", NEW_COPY)
        if entry.filename.startswith("xl/worksheets/"):
            merged = sum(
                _cells_in(found) for found in re.findall(rb'<mergeCell [^>]*ref="([A-Z]+\d+:[A-Z]+\d+)"', part)
            )
            if merged > MOST_MERGED_CELLS:
                raise WorkbookRefused("合并单元格的范围太大", "请取消整行、整列的合并，只合并表头和标题")


def _cells_in(reference: bytes) -> int:
    """How many cells `A1:C9` covers."""
    corners = re.findall(rb"([A-Z]+)(\d+)", reference)
    columns = [sum((letter - 64) * 26**place for place, letter in enumerate(reversed(word))) for word, _ in corners]
    rows = [int(row) for _, row in corners]
    return (abs(columns[1] - columns[0]) + 1) * (abs(rows[1] - rows[0]) + 1)
