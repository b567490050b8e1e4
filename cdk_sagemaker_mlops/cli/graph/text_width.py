"""How wide text is in DejaVu Sans, so that a drawing is laid out the same on every machine.

Verdana is as wide, and the other usual sans-serif fonts are narrower: what fits here fits in all of them.
"""

from __future__ import annotations

import re

# Thousandths of the font's size, of each printable ASCII character from the space on; from the fonts that
# Matplotlib brings (DejaVuSans.ttf and DejaVuSans-Bold.ttf).
_REGULAR = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636,
    636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295,
    295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838,
    500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521,
    392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
)  # fmt: skip
_BOLD = (
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696,
    696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372,
    372, 775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838,
    500, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595,
    478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
)  # fmt: skip
_OTHER = 1000
# A name may be broken after these, and before a capital that follows a small letter.
_BREAKS = re.compile(r"(?<=[-_./ ])|(?<=[a-z0-9])(?=[A-Z])")


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Returns the width of ``text`` in pixels.

    Args:
        text: One line.
        size: Size of the font in pixels.
        bold: Whether it is bold. Default: ``False``.
    """
    table = _BOLD if bold else _REGULAR
    units = sum(
        table[place] if 0 <= (place := ord(character) - 32) < len(table) else _OTHER for character in text
    )
    return units * size / 1000


def wrapped(text: str, size: float, width: float, *, bold: bool = False, most: int = 9) -> list[str]:
    """Breaks ``text`` into lines that fit, where names are best broken; what remains ends with ``…``.

    Args:
        text: One line.
        size: Size of the font in pixels.
        width: Room in pixels, at least that of a few characters.
        bold: Whether it is bold. Default: ``False``.
        most: Most lines. Default: ``9``.
    """
    lines = [""]
    for part in (piece for word in _BREAKS.split(text) for piece in _pieces(word, size, width, bold=bold)):
        if text_width(lines[-1] + part.rstrip(), size, bold=bold) <= width:
            lines[-1] += part
        else:
            lines.append(part)
    lines = [line.strip() for line in lines if line.strip()]
    if len(lines) > most:
        lines = [
            *lines[: most - 1],
            shortened("".join(lines[most - 1 :]), size, width, bold=bold, always=True),
        ]
    return lines


def _pieces(word: str, size: float, width: float, *, bold: bool) -> list[str]:
    """A word, or if it does not fit as much of it as does, again and again."""
    pieces = [""]
    for character in word:
        if pieces[-1] and text_width(pieces[-1] + character, size, bold=bold) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def shortened(text: str, size: float, width: float, *, bold: bool = False, always: bool = False) -> str:
    """Returns ``text``, or if it does not fit (or ``always``), its beginning and ``…``."""
    if not always and text_width(text, size, bold=bold) <= width:
        return text
    while text and text_width(f"{text}…", size, bold=bold) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"
