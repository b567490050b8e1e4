"""Reads what the CDK CLI 2.1148 prints."""

from __future__ import annotations

import re

_EVENT = re.compile(
    r"^(?P<stack>\S+) \|\s*(?P<done>\d+)(?:/(?P<all>\d+))? \| [^|]+ \| (?P<status>[A-Z_]+)\s*\|"
    r" (?P<type>[\w:]+)\s*\| (?P<name>.*?)\s*$"
)
_STAGES = re.compile(
    r"^(?P<stack>[^:\s]+): (?:start: )?(?P<what>Building|Publishing|creating|deploying|destroying)\b"
)
# Lines that say nothing about what went wrong.
_NOISE = re.compile(
    r"feature flags are not configured|: Subprocess exited with error \d+$|^\[Warning|^Unknown option"
    r"|^b'!!|^\s*$"
)
_TAIL = 20
# "... (Cloud assembly schema version mismatch: Maximum schema version supported is 54.x.x, but found 99.0.0)"
_MISMATCH = re.compile(r"Maximum schema version supported is \S+, but found \S+?(?=[).]?$|\)|\s)")


def progress_of(line: str) -> str | None:
    """Turns one line of the CLI's into a progress text.

    Args:
        line: A line without colours.

    Returns:
        Such as ``Churn 3/12 AWS::IAM::Role Mlops/Role CREATE_COMPLETE``; ``None`` when the line tells no
        progress.
    """
    event = _EVENT.match(line)
    if event is not None:
        count = event["done"] if event["all"] is None else f"{event['done']}/{event['all']}"
        return f"{event['stack']} {count} {event['type']} {event['name']} {event['status']}"
    stage = _STAGES.match(line)
    return None if stage is None else f"{stage['stack']}: {stage['what'].lower()}"


def error_lines(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Picks the lines that tell why the CLI failed.

    Args:
        lines: Everything it printed.

    Returns:
        Failed resources and the last lines that are neither progress nor noise, in order, without repeats.
    """
    failed = [line for line in lines if "_FAILED" in line]
    told = [line for line in lines if progress_of(line) is None and not _NOISE.search(line)]
    return tuple(dict.fromkeys(line.rstrip() for line in [*failed, *told[-_TAIL:]]))


def app_error(lines: tuple[str, ...]) -> str | None:
    """Finds the last Python exception that the app printed.

    Args:
        lines: Everything the CLI printed.

    Returns:
        The exception's line or lines, as Python words them; ``None`` when the app printed no traceback.
    """
    starts = [
        index for index, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")
    ]
    if not starts:
        return None
    after = lines[starts[-1] + 1 :]
    begin = next((index for index, line in enumerate(after) if line and not line[0].isspace()), None)
    if begin is None:
        return None
    told: list[str] = []
    for line in after[begin:]:
        if _NOISE.search(line):
            break
        told.append(line)
    return "\n".join(told)


def schema_mismatch(lines: tuple[str, ...]) -> str | None:
    """Finds the CLI's complaint that the app's library writes what it cannot read.

    Args:
        lines: Everything the CLI printed.
    """
    found = (_MISMATCH.search(line) for line in lines)
    return next((match[0] for match in found if match is not None), None)
