"""A sign-up form as plain HTML, for a page of somebody's own: no script, nothing to load."""

from collections.abc import Sequence
from html import escape


def embedded(url: str, wording: str, topics: Sequence[tuple[str, str]]) -> str:
    """It posts to the hosted form, which asks its sender for a little work before it counts."""
    if len(topics) == 1:
        rows = [f'  <input type="hidden" name="topic" value="{escape(topics[0][0])}">']
    else:
        rows = [
            f'  <label><input type="checkbox" name="topic" value="{escape(key)}"> '
            f"{escape(name)}</label>"
            for key, name in topics
        ]
    return "\n".join(
        (
            f'<form method="post" action="{escape(url)}" accept-charset="utf-8">',
            '  <label>Your email address <input type="email" name="email" required></label>',
            *rows,
            f"  <p>{escape(wording)}</p>",
            "  <button>Sign me up</button>",
            "</form>",
        )
    )
