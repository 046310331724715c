"""Whether an error means that a disk takes no more, and what whoever asked is told about it.

The database says it in words, the operating system by number; both may be wrapped in another error.
"""

import errno

FULL = "The disk is full: make room and try again; nothing was left half done."
REFUSED = "The disk refused to write: it is full, or damaged."

_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_WORDS = ("disk is full", "No space left on device")


def words_of_full_disk(error: BaseException) -> str | None:
    """What to say; None if the error is about something else."""
    said = str(getattr(error, "orig", None) or error)  # else it shows the row, which may say so
    if any(words in said for words in _WORDS) or getattr(error, "errno", None) in _NUMBERS:
        return FULL
    return REFUSED if "disk I/O error" in said else None
