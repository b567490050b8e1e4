"""What commands print for people, on standard output."""

from __future__ import annotations

import io
import sys
from datetime import datetime
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

# Where nobody can see the width: wide enough that rows are not broken, so that they can be searched.
_WIDTH_ELSEWHERE = 200
_STYLES = {
    "Approved": "green",
    "Succeeded": "green",
    "InService": "green",
    "deployed": "green",
    "OK": "green",
    "Failed": "red",
    "failed": "red",
    "ALARM": "red",
    "Rejected": "red",
    "PendingManualApproval": "yellow",
    "Executing": "yellow",
    "Creating": "yellow",
    "Updating": "yellow",
    "INSUFFICIENT_DATA": "dim",
}


def show(*renderables: RenderableType) -> None:
    """Prints on standard output."""
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(*renderables, sep="\n")
        return
    # Columns are filled up with blanks, which only get in the way where a program reads.
    console = Console(highlight=False, width=_WIDTH_ELSEWHERE, file=io.StringIO())
    with console.capture() as captured:
        for renderable in renderables:
            console.print(renderable, soft_wrap=isinstance(renderable, Text))
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def table(*headings: str, indent: int = 0) -> Table:
    """Makes an empty table without lines, whose columns are as wide as their content."""
    made = Table(
        box=None, pad_edge=False, padding=(0, 2 if indent == 0 else 1, 0, indent), header_style="bold"
    )
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def word(text: str) -> Text:
    """Colours a status by what it says."""
    return Text(text, style=_STYLES.get(text, ""))


def moment(when: datetime | None) -> str:
    """Words a time, in this machine's time zone."""
    return "-" if when is None else when.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def counted(number: int, noun: str) -> str:
    """Words a number of things, such as ``1 row`` or ``2 rows``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def plain(value: Any) -> Any:
    """Turns times into ISO 8601 and tuples into lists, all the way down, for JSON."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value
