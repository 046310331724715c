"""Where this folder was last served: links in mail that left then lead there, and nowhere else."""

from pathlib import Path

_FILE = "served-at"


def earlier_address(home: Path) -> str:
    """The address `drumbeat serve` last had; "" if it never ran, or if nobody can tell."""
    try:
        return (home / _FILE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        return ""


def keep_address(home: Path, base: str) -> None:
    (home / _FILE).write_text(base + "\n", encoding="utf-8")


def told_move(earlier: str, base: str) -> str:
    """What whoever starts the house should know of its move; "" if it is where it was."""
    if earlier in ("", base):
        return ""
    return (
        f"Links in mail that left before lead to {earlier}, not here. Serve there again, or set "
        "DRUMBEAT_PUBLIC_URL to one address that stays and leads to this house."
    )
