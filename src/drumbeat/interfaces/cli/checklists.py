"""How the pre-send checklist is printed: one line an item, what to do below it."""

import sys
from typing import Any

_MARKS = {"ok": "ok", "warning": "warning", "blocks": "BLOCKS", "not_checked": "not checked"}


def print_checklist(answer: dict[str, Any]) -> None:
    for item in answer["items"]:
        sys.stdout.write(f"{_MARKS[item['level']]:<12}{item['name']:<13}{item['message']}\n")
        for line in item["details"]:
            sys.stdout.write(f"{'':<25}- {line}\n")
        if item["mend"]:
            sys.stdout.write(f"{'':<25}{item['mend']}\n")
