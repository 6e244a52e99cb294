"""What is refused before anything is parsed (上传检查): by content, never by name, and without unpacking it whole."""

import re
import struct
from pathlib import PurePath

from apps.core.errors import DomainError

MEGABYTE = 1024 * 1024
MOST_BYTES = 10 * MEGABYTE
MOST_DIRECTORY = MEGABYTE  # the zip's list of entries; a thousand entries take a tenth of it
OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_DIRECTORY_END, _LOCATOR_64 = b"PK\5\6", b"PK\6\7"

NEW_COPY = "请在 Excel 或 WPS 中打开，另存为“Excel 工作簿（.xlsx）”后再上传"
SAVE_AGAIN = "请重新保存一份，再上传"

_KINDS = [  # how a file begins, and what people call it
    (rb"%PDF", "PDF"),
    (rb"\{\\rtf", "写字板文档"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|BM", "图片"),
    (rb"Rar!|7z\xbc\xaf|\x1f\x8b", "压缩包"),
    (rb"(\xef\xbb\xbf)?\s*<(!DOCTYPE html|html|table|head|meta)", "网页"),
    (rb"(\xef\xbb\xbf)?\s*<\?xml", "XML"),
]


class WorkbookRefused(DomainError):
    """The file cannot be taken (文件不能用); says what is wrong with it and what to do."""


def damaged() -> WorkbookRefused:
    return WorkbookRefused("文件不完整或已损坏", SAVE_AGAIN)


def unreadable() -> WorkbookRefused:
    return WorkbookRefused("文件内部不完整，读不出工作表", NEW_COPY)


def too_big() -> WorkbookRefused:
    return WorkbookRefused("工作表太大，有大量数据或空白格式行", "模板只留表头，请删去数据和下方多余的行，保存后再上传")


def check_size(size: int) -> None:
    if size > MOST_BYTES:
        raise WorkbookRefused(
            f"文件有 {size / MEGABYTE:.0f} MB，超过 {MOST_BYTES // MEGABYTE} MB 的上限",
            "模板只留表头，请删去数据和图片后再上传",
        )


def check_upload(data: bytes, filename: str) -> None:
    """Refuse what cannot be a plain .xlsx workbook, by its first and last bytes."""
    if not data:
        raise WorkbookRefused("这个文件是空的", "请选择填好表头的模板再上传")
    check_size(len(data))
    if data.startswith(OLE):
        raise _old_office(data)
    if not data.startswith(b"PK"):
        kind = next((name for begin, name in _KINDS if re.match(begin, data[:200], re.IGNORECASE)), "文本或其他格式")
        raise WorkbookRefused(f"“{PurePath(filename).name[:60]}”不是 Excel 工作簿，内容是{kind}", NEW_COPY)
    _check_directory(data)


def _old_office(data: bytes) -> WorkbookRefused:
    """What is in an OLE container: the names of its streams are UTF-16."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return WorkbookRefused("这个文件设了打开密码", "请在 Excel 或 WPS 中取消密码，保存后再上传")
    if "WordDocument".encode("utf-16-le") in data:
        return WorkbookRefused("这是旧版的 Word 文件，不是 Excel 工作簿", "请把表头录进 Excel，存为 .xlsx 后再上传")
    return WorkbookRefused("这是旧版的 .xls 或 WPS 的 .et 文件", NEW_COPY)


def _check_directory(data: bytes) -> None:
    """Refuse a list of entries too long to be a workbook's, before it is read entry by entry."""
    at = data.rfind(_DIRECTORY_END, max(0, len(data) - 65_557))
    if at < 0 or at + 22 > len(data):
        raise damaged()
    size = struct.unpack_from("<I", data, at + 12)[0]
    if at >= 76 and data[at - 20 : at - 16] == _LOCATOR_64:
        size = struct.unpack_from("<Q", data, at - 76 + 40)[0]
    if size > MOST_DIRECTORY:
        raise WorkbookRefused("文件里的部件太多，像是压缩炸弹", "请新建一个工作簿，只把表头复制过去再上传")
