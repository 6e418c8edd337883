"""A QR code as an image inside the page: nothing is fetched and no script draws it."""

from __future__ import annotations

from typing import Final

import segno
from markupsafe import Markup

LEVELS: Final = ("m", "l")  # how much of a code may be lost: the better of the two that still holds the text
QUIET: Final = 4  # modules of white around it (ISO/IEC 18004)


def qr_code(text: str) -> segno.QRCode | None:
    """The code that holds an ASCII text as it is; None where no code is large enough (2,953 bytes)."""
    for level in LEVELS:
        try:
            return segno.make_qr(text.encode("ascii"), error=level, mode="byte")
        except segno.DataOverflowError:
            continue
    return None


def qr_image(text: str, label: Markup) -> Markup | None:
    """The code black on white, as large as its box, named for those who do not see it; None where there is none."""
    code = qr_code(text)
    if code is None:
        return None
    drawn = code.svg_inline(border=QUIET, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None)
    image = Markup(drawn)  # noqa: S704 - drawn by us; the text is in the shape of it alone
    return Markup('<div class="qr" role="img" aria-label="{}">{}</div>').format(label, image)
