"""Bytes held against what they are claimed to be."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.documents.media import DOCX, MIB, PDF, RECOGNISED, XLSX, Limits, flaw
from server.kit.errors import Invalid
from tests.documents.conftest import FILES, archive


@pytest.mark.parametrize("claimed", RECOGNISED)
@pytest.mark.parametrize("real", FILES)
def test_a_file_passes_as_what_it_is_and_as_nothing_else(claimed: str, real: str) -> None:
    assert (flaw(io.BytesIO(FILES[real]), claimed) is None) == (claimed == real)


@pytest.mark.parametrize("claimed", RECOGNISED)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_told_to_be_wrong_without_an_error(claimed: str, content: bytes) -> None:
    assert flaw(io.BytesIO(b"\0" + content), claimed) is not None


@pytest.mark.parametrize("content", [b"<html><script>alert(1)</script>", b"MZ" + b"\0" * 200, b"#!/bin/sh\n"])
def test_what_a_browser_or_a_shell_would_run_is_no_picture_and_no_pdf(content: bytes) -> None:
    assert all(flaw(io.BytesIO(content), claimed) for claimed in RECOGNISED)


def test_office_files_with_programs_or_a_password_are_told_apart() -> None:
    with_macro = archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
    assert "宏" in (flaw(io.BytesIO(with_macro), DOCX) or "")
    encrypted = bytearray(FILES[XLSX])
    with zipfile.ZipFile(io.BytesIO(FILES[XLSX])) as plain:
        start = plain.start_dir
    while (start := encrypted.find(b"PK\x01\x02", start)) >= 0:
        encrypted[start + 8] |= 1
        start += 4
    assert "密码" in (flaw(io.BytesIO(bytes(encrypted)), XLSX) or "")


@pytest.mark.parametrize(
    ("name", "media_type", "size", "path"),
    [
        ("a.pdf", PDF, 0, "sizeBytes"),
        ("a.pdf", PDF, 2 * MIB + 1, "sizeBytes"),
        ("a.svg", "image/svg+xml", 10, "mediaType"),
        ("a.xlsx", XLSX, 10, "mediaType"),
        ("", PDF, 10, "name"),
        ("../a.pdf", PDF, 10, "name"),
        ("a\n.pdf", PDF, 10, "name"),
        ("长" * 201, PDF, 10, "name"),
    ],
)
def test_what_is_not_taken_is_said_before_it_is_sent(name: str, media_type: str, size: int, path: str) -> None:
    limits = Limits(2 * MIB, frozenset({PDF}))
    limits.check("营业执照（副本）.pdf", PDF, 2 * MIB)
    with pytest.raises(Invalid) as refused:
        limits.check(name, media_type, size)
    assert refused.value.path == ("input", path)
