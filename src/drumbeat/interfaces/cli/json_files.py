"""What a JSON file holds: one object, an array of them, or one on each line."""

import json
import sys
from pathlib import Path

from drumbeat.interfaces.sdk.client import JsonObject
from drumbeat.kit.errors import InvalidInput


def read_objects(file: Path) -> list[JsonObject]:
    """The objects of a file, or of stdin for `-`. Raises InvalidInput naming file and place."""
    raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        found = _parsed(raw.decode("utf-8-sig"))
        # As they will travel: half a character or NaN not at all.
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{file} is not valid JSON: {error}.", field=str(file)) from None
    objects = []
    for place, each in enumerate(found, 1):
        if not isinstance(each, dict):
            raise InvalidInput(f"{file}: number {place} is no object.", field=str(file))
        objects.append(each)
    return objects


def _parsed(text: str) -> list[object]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not lines[0].rstrip().endswith("}"):
            raise
        return [json.loads(line) for line in lines]
    return whole if isinstance(whole, list) else [whole]
