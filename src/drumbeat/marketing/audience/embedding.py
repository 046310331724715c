"""A sign-up form as plain HTML, for a page of somebody's own: no script, nothing to load."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from drumbeat.marketing.audience.model_asks import SignupForm
from drumbeat.marketing.audience.model_topics import Topic


@dataclass(frozen=True)
class ShownForm:
    """Where a form is, what its topics are called, and its HTML for any other page."""

    form: SignupForm
    topics: tuple[str, ...]
    url: str
    html: str


def show_form(form: SignupForm, topics: Sequence[Topic], public_url: str) -> ShownForm:
    """`topics` are all of the house; one that is not among them is called by its key."""
    names = {each.key: each.name for each in topics}
    named = [(key, names.get(key, key)) for key in form.topics]
    url = f"{public_url.rstrip('/')}/s/{form.id}"
    html = embedded(url, form.wording, named)
    return ShownForm(form, tuple(name for _, name in named), url, html)


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
