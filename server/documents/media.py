"""Which kinds of file are taken, and whether the bytes are what they are claimed to be."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Final

from server.kit.errors import Invalid

_OFFICE = "application/vnd.openxmlformats-officedocument"
PDF: Final = "application/pdf"
DOCX: Final = f"{_OFFICE}.wordprocessingml.document"
XLSX: Final = f"{_OFFICE}.spreadsheetml.sheet"

#: What can be recognised: the media type, and the name an official knows it by.
RECOGNISED: Final[Mapping[str, str]] = {
    PDF: "PDF",
    "application/ofd": "OFD（GB/T 33190）",
    "image/jpeg": "JPEG 图片",
    "image/png": "PNG 图片",
    DOCX: "Word 文档（.docx）",
    XLSX: "Excel 工作簿（.xlsx）",
}

#: A member that the archive must hold to be of the type.
_MEMBERS: Final = {DOCX: "word/document.xml", XLSX: "xl/workbook.xml", "application/ofd": "OFD.xml"}
#: Members that hold programs.
_MACROS: Final = ("vbaproject.bin", "vbadata.xml")

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What is taken; both are the installation's settings.  PLATFORM_DEFAULT: no text states them."""

    bytes_most: int = 50 * MIB
    media_types: frozenset[str] = frozenset(RECOGNISED)

    def check(self, name: str, media_type: str, size_bytes: int) -> None:
        """Raises: Invalid for a type that is not taken, an empty file, or one that is too large."""
        if media_type not in self.media_types:
            taken = "、".join(label for one, label in RECOGNISED.items() if one in self.media_types)
            raise Invalid(f"不接受类型为 {media_type[:80]} 的文件；可上传：{taken}", path=("input", "mediaType"))
        if not 1 <= size_bytes <= self.bytes_most:
            most = f"{self.bytes_most / MIB:g} MiB"
            raise Invalid(f"文件大小应在 1 字节到 {most} 之间，实际为 {size_bytes} 字节", path=("input", "sizeBytes"))
        if not 1 <= len(name) <= 200 or any(ord(one) < 32 or one in '/\\:*?"<>|' for one in name):
            raise Invalid('文件名应为 1 到 200 个字，且不含 / \\ : * ? " < > | 和控制字符', path=("input", "name"))


def flaw(file: IO[bytes], media_type: str) -> str | None:
    """Why the bytes are not of the claimed type, in Chinese; None where they are."""
    label = RECOGNISED[media_type]
    member = _MEMBERS.get(media_type)
    if member is not None:
        return _flaw_of_archive(file, member, label)
    file.seek(0)
    import puremagic  # loaded by whoever uploads: it takes its memory

    try:
        found = {one.mime_type for one in puremagic.magic_stream(file)}
    except (puremagic.PureError, ValueError):
        found = set()
    return None if media_type in found else f"内容不是{label}，请核对文件后重新上传"


def _flaw_of_archive(file: IO[bytes], member: str, label: str) -> str | None:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            encrypted = any(one.flag_bits & 1 for one in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return f"内容不是{label}，或文件已损坏，请核对后重新上传"
    if encrypted:
        return f"{label}已加密，请去除密码后重新上传"
    if member not in names:
        return f"内容不是{label}，请核对文件后重新上传"
    if any(one.rsplit("/", 1)[-1].lower() in _MACROS for one in names):
        return f"{label}含有宏，请另存为不含宏的文件后重新上传"
    return None
