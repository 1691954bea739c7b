"""Documents as clients' builds leave them: a folder of ``.graphql`` files, or a manifest of one of three compilers.

Manifests: Apollo's (``apollo-persisted-query-manifest``), and the plain map from id to text that relay-compiler and GraphQL
Code Generator write.  An id must be the SHA-256 of its text; other hashes are refused, with the setting that changes them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from server.clients.model import digest_named, digest_of

_SUFFIXES = (".graphql", ".gql")
_APOLLO = "apollo-persisted-query-manifest"


class DocumentFileError(Exception):
    """A file of documents cannot be used; the message names it and says what to do."""


def read_documents(path: Path) -> dict[str, str]:
    """The texts by their origin: a file's name below the folder, or an id in the manifest.

    Raises: DocumentFileError.
    """
    if path.is_dir():
        found = {str(file.relative_to(path)): _text(file) for file in _files(path)}
        if not found:
            raise DocumentFileError(f"{path} 中没有 .graphql 或 .gql 文件")
        return found
    if path.suffix in _SUFFIXES:
        return {path.name: _text(path)}
    return _manifest(path)


def _files(folder: Path) -> Iterator[Path]:
    return (one for one in sorted(folder.rglob("*")) if one.suffix in _SUFFIXES and one.is_file())


def _text(path: Path) -> str:
    try:
        # Bytes, not text: a client hashes its line ends as they are.
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentFileError(f"无法读取 {path}：{error}") from None


def _manifest(path: Path) -> dict[str, str]:
    try:
        data = orjson.loads(_text(path))
    except orjson.JSONDecodeError as error:
        raise DocumentFileError(f"{path} 不是有效的 JSON：{error}") from None
    found: dict[str, str] = {}
    for name, text in _entries(path, data):
        if not isinstance(text, str):
            raise DocumentFileError(f"{path}：{name} 不是文本")
        if digest_named(name) != digest_of(text):
            raise DocumentFileError(
                f"{path}：{name} 不是其文本的 SHA-256；请在客户端构建中改用 SHA-256"
                "（Relay：persistConfig.algorithm 设为 SHA256；GraphQL Code Generator：hashAlgorithm 设为 sha256）"
            )
        found[name] = text
    return found


def _entries(path: Path, data: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(data, Mapping):
        raise DocumentFileError(f"{path} 应为 JSON 对象：编号到文本的映射，或 Apollo 的清单")
    if data.get("format") != _APOLLO:
        yield from data.items()
        return
    for one in data.get("operations", ()):
        if not isinstance(one, Mapping) or "id" not in one or "body" not in one:
            raise DocumentFileError(f"{path}：operations 的每一项都应有 id 和 body")
        yield str(one["id"]), one["body"]
