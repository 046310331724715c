"""The letter that the benchmarks send: 30 KB of HTML, 40 tracked links, fields, a branch."""

import numpy as np

from drumbeat.marketing.audience import Consent, ContactRow

_WORDS = (
    "spring offer limited linen cotton handmade leather summer garden kitchen classic modern free "
    "delivery returns reward points member exclusive discover design quality crafted oak ceramic"
)
_FIRST = ("Anna", "José", "Zoë", "Liu", "Maria", "John", "Øyvind", "Ravi", "Fatima", "D'Arcy")
_CITIES = ("Berlin", "São Paulo", "Paris", "Oslo", "Austin", "Lyon")
_LINKS = 40
_CARD = """<table role="presentation" width="100%" style="border-collapse:collapse"><tr>
<td width="180" style="padding:16px;vertical-align:top"><a href="{link}"><img alt="{alt}"
 src="https://cdn.shop.example/{no}.jpg" width="160" height="160" style="display:block"></a></td>
<td style="padding:16px;font-family:Helvetica,Arial,sans-serif;font-size:14px;line-height:20px">
<p style="margin:0 0 8px 0;font-size:18px;line-height:24px;color:#333333">{title}</p>
<p style="margin:0 0 12px 0;color:#555555">{words}</p>{line}</td></tr></table>
"""
_LINES = (
    "",
    "<p>For you, {{ first_name }}: <b>{{ price }}</b></p>",
    "<p>Only in {{ city | default: 'your town' }}.</p>",
)
_TOP = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Spring</title></head>
<body style="margin:0;background-color:#f4f4f5"><h1>Hello {{ first_name | default: 'there' }}!</h1>
{% if vip %}<p>As a VIP from {{ city }} you get <b>{{ discount }} %</b> off with {{ code }}.</p>
{% else %}<p>Use the code <b>{{ code }}</b> before Sunday.</p>{% endif %}
"""


def letter_html() -> str:
    chance = np.random.default_rng(7)
    known = _WORDS.split()

    def words(count: int) -> str:
        return " ".join(chance.choice(known, count)).capitalize() + "."

    cards = [
        _CARD.format(
            no=number,
            link=f"https://shop.example/p/{number}?utm_source=mail&amp;sku={10_000 + number}",
            alt=words(3),
            title=words(4),
            words=words(12),
            line=_LINES[number % 3],
        )
        for number in range(_LINKS)
    ]
    return _TOP + "".join(cards) + "</body></html>\n"


def reader(number: int) -> ContactRow:
    drawn = number * 2_654_435_761 & 0xFFFFFFFF
    return ContactRow(
        f"reader{number}@town{number % 50}.example",
        consent=Consent.subscribed,
        attributes={
            "first_name": _FIRST[drawn % 10],
            "city": _CITIES[drawn % 6],
            "vip": drawn % 3 == 0,
            "discount": 10 + drawn % 30,
            "code": f"SPR{drawn:08X}",
            "price": f"{drawn % 90 + 9}.99 €",
        },
    )
