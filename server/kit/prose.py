"""Running text that people write into forms: reasons, descriptions, comments.  Names have stricter rules (``names``)."""

from server.kit import names
from server.kit.errors import Invalid

#: Line breaks and tabs are part of running text, unlike of a name.
_LAYOUT = frozenset("\n\t")


def checked(text: str, *, path: tuple[str, ...], limit: int = 500) -> str:
    """The text without the blanks around it; not empty, at most ``limit`` characters, all visible but line breaks.

    Raises: Invalid, which names the limit or the character and its place.
    """
    trimmed = text.replace("\r\n", "\n").strip(names.AROUND)
    if not trimmed:
        raise Invalid("内容为空，请填写", path=path)
    if len(trimmed) > limit:
        raise Invalid(f"内容最长 {limit} 个字符，现为 {len(trimmed)} 个，请缩短", path=path, limit=limit)
    for place, char in enumerate(trimmed, start=1):
        if char not in _LAYOUT and names.is_forbidden(char):
            raise Invalid(
                f"第 {place} 个字符是不可见的控制字符（U+{ord(char):04X}），请删除后重试", path=path, place=place
            )
    return trimmed


def optional(text: str | None, *, path: tuple[str, ...], limit: int = 500) -> str | None:
    """The same for a text that need not be given."""
    return None if text is None else checked(text, path=path, limit=limit)
