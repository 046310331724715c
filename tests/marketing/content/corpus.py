"""A hundred templates such as shops and newsletters write them: the Liquid that people really use.

Written after the manuals of the common tools (Shopify's notifications, Klaviyo's and Customer.io's
examples), with fields named as contacts here have them. One line of corpus.txt is one mail's core.
"""

from pathlib import Path

TEMPLATES = tuple(Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines())

READERS: tuple[dict[str, object], ...] = (
    {},
    {
        "first_name": "Zoë",
        "last_name": "O'Neil",
        "points": 640,
        "vip": True,
        "city": "Berlin",
        "plan": "pro",
        "country": "AT",
        "code": "SPR1",
        "interests": ["garden", "<b>home</b>"],
        "items": [
            {"name": "Lamp", "price": 12, "quantity": 2, "slug": "lamp", "tags": ["new"]},
            {"name": "Bowl & co", "price": 8, "quantity": 1, "slug": "bowl", "tags": []},
        ],
        "stories": [{"title": "One", "lead": "Long " * 40}],
        "stars": 4,
        "level": 2,
        "spent": 40,
        "total": 99.5,
        "days_left": 1,
        "note": "a\nb",
        "full_name": "Zoë O'Neil",
        "saving": 12.4,
    },
    {"first_name": "=?", "points": 20, "vip": False, "plan": "team", "days_left": 3, "items": []},
)
