"""Pages set from a template and values: PDF/A with its fonts inside, for whoever has neither Word nor the fonts.

Typst breaks Chinese lines as they must be broken (no punctuation at their beginning); the fonts come as a package, so that
a page looks the same on every machine.  Equal values give equal bytes.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import pylopdf_fonts_zh_cn
import typst

#: For archives: everything a reader needs is inside, and nothing moves (ISO 19005-2).
_STANDARD: Final = "a-2b"


@cache
def _fonts() -> typst.Fonts:
    """The fonts that are enclosed in the installation, and none of the machine's."""
    folder = pylopdf_fonts_zh_cn.serif_path().parent
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])


def pdf_of(template: Path, told: Mapping[str, Any], *, made_on: date) -> bytes:
    """The template's pages with these values, which it reads from ``sys.inputs.told`` as JSON.

    ``made_on`` is what the file says of its own making.  Values are text wherever they stand; none is taken for code.

    Raises: typst.TypstError for a template with a mistake.
    """
    return typst.compile(
        str(template),
        root=str(template.parent),
        font_paths=_fonts(),
        format="pdf",
        sys_inputs={"told": orjson.dumps(told).decode()},
        pdf_standards=_STANDARD,
        timestamp=datetime.combine(made_on, time(), UTC),
    )
