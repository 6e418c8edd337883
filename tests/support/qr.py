"""Reading a QR code back: its drawing, by somebody else's decoder."""

from __future__ import annotations

import re
from typing import Final

import zxingcpp

SCALE: Final = 4  # pixels a module
_STEP: Final = re.compile(r"([Mmh])(-?[0-9.]+)(?: ?(-?[0-9.]+))?")


def cells_of(svg: str) -> list[list[bool]]:
    """The dark modules of a code as it is drawn: runs along the middle of each row."""
    width, height = (int(part) for part in re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
    (path,) = re.findall(r'<path stroke="#000" d="([^"]+)"', svg)
    cells = [[False] * width for _ in range(height)]
    x = y = 0.0
    for command, first, second in _STEP.findall(path):
        if command == "M":
            x, y = float(first), float(second)
        elif command == "m":
            x, y = x + float(first), y + float(second)
        else:
            for place in range(int(x), int(x) + int(first)):
                cells[int(y)][place] = True
            x += float(first)
    return cells


def read_qr(cells: list[list[bool]]) -> str:
    """What a code says, with its white border."""
    rows = [bytes(0 if dark else 255 for dark in row for _ in range(SCALE)) for row in cells for _ in range(SCALE)]
    image = memoryview(b"".join(rows)).cast("B", (len(rows), len(rows[0])))
    (found,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return str(found.text)
