"""Reads rows of numbers in plain notation, such as ``-17.99``, about twice as fast as ``np.loadtxt``.

numpy reads whole numbers itself, but fractions through Python's own conversion, which takes most of the time.
So the digits of a cell are read as one whole number, which is then divided by a power of ten. The result is
exactly what ``float`` gives; whatever might not be is left to the caller.
"""

from __future__ import annotations

import numpy as np

_ALLOWED = b"0123456789.,+-\n"
# 1 for what ends a run of digits, 0 for all other bytes.
_MARKS = bytes(byte in b".,\n" for byte in range(256))
_DOT, _PLUS, _MINUS = b".+-"
# Every whole number of so many digits fits into 64 bits; np.fromstring does not refuse one that does not.
_MOST_DIGITS = 18
# Up to 10**22 a power of ten is an exact double.
_POWERS = 10.0 ** np.arange(23)
_LONG_POWERS = np.cumprod(np.array([1] + [10] * 22, dtype=np.longdouble))
# Elsewhere than on x86, numbers of more than 15 digits are left to the caller.
_LONGDOUBLE_IS_X87 = np.finfo(np.longdouble).nmant == 63 and np.dtype(np.longdouble).itemsize == 16


def decode_plain(text: str) -> np.ndarray | None:
    """Returns the values of all cells in one row.

    Args:
        text: Lines of cells with commas between them.

    Returns:
        The values; ``None`` if a cell is in another notation, has very many digits, or is no number.
    """
    data = f"{text}\n".encode()
    if data.translate(None, _ALLOWED):
        return None
    raw = np.frombuffer(data, dtype=np.uint8)
    marks = np.flatnonzero(np.frombuffer(data.translate(_MARKS), dtype=np.bool_))
    is_dot = raw[marks] == _DOT
    dots, ends = np.flatnonzero(is_dot), marks[~is_dot]
    starts = np.zeros_like(ends)
    starts[1:] = ends[:-1] + 1
    with_dot = np.cumsum(~is_dot)[dots]
    decimals, digits = np.zeros_like(ends), ends - starts
    decimals[with_dot] = marks[dots + 1] - marks[dots] - 1
    digits[with_dot] -= 1
    first = raw[starts]
    signed = (first == _MINUS) | (first == _PLUS)
    digits -= signed
    # With a digit in each cell, no second dot, and no sign but at the start, every cell is a number.
    if digits.min() < 1 or is_dot[dots + 1].any() or data.count(b"-") + data.count(b"+") != signed.sum():
        return None
    if decimals.max() >= len(_POWERS):
        return None
    suspects = np.flatnonzero(digits > _MOST_DIGITS)
    if any(_too_long(data[starts[cell] : ends[cell]]) for cell in suspects):
        return None
    whole = np.fromstring(text.replace(".", "").replace("\n", ","), dtype=np.int64, sep=",")
    return _divided(whole, decimals, data, starts, ends)


def _too_long(cell: bytes) -> bool:
    return len(cell.lstrip(b"+-0.")) > _MOST_DIGITS


def _divided(
    whole: np.ndarray, decimals: np.ndarray, data: bytes, starts: np.ndarray, ends: np.ndarray
) -> np.ndarray | None:
    """Divides by powers of ten, each quotient rounded once."""
    # A quotient of two exact doubles is the double nearest to it.
    if (np.abs(whole) <= 2**53).all():
        return whole / _POWERS[decimals]
    if not _LONGDOUBLE_IS_X87:
        return None
    quotients = whole / _LONG_POWERS[decimals]
    values = quotients.astype(np.float64)
    # Here 64 bits are rounded to 53. A quotient halfway between two doubles, whose last bits are a one and
    # ten zeros, may itself have been rounded to there, from either side.
    halfway = (quotients.view(np.uint64)[::2] & 0x7FF) == 0x400
    for cell in np.flatnonzero(halfway):
        values[cell] = float(data[starts[cell] : ends[cell]])
    return values
