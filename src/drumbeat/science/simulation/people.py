"""What a list owner knows of the people in a synthetic market: address, name, place, consent, plan.

Drawn from `cast`; nothing here says how anybody behaves (that is `tastes` and `habits`).
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from drumbeat.science.simulation import cast
from drumbeat.science.simulation.columns import Ints

Consent = Literal["subscribed", "unconfirmed", "unsubscribed"]
CONSENTS: tuple[Consent, ...] = ("subscribed", "unconfirmed", "unsubscribed")
CONSENT_SHARES = (0.93, 0.03, 0.04)
SUBSCRIBED, UNCONFIRMED, HAS_LEFT = range(3)

PLANS = ("free", "plus", "pro")
PLAN_SHARES = (0.62, 0.27, 0.11)
INTERESTS = ("garden", "kitchen", "outdoor", "books", "music", "travel")
INTEREST_SHARES = (0.26, 0.34, 0.28, 0.22, 0.24, 0.30)

NAMELESS = 0.03  # contacts whose names were never asked: templates need their defaults
MEAN_DAYS_ON_THE_LIST = 520.0
SECONDS_PER_DAY = 86_400
SPELT_OUT = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "Ł": "l", "æ": "ae", "Ø": "o"})


@dataclass(frozen=True, slots=True)
class Contact:
    index: int
    email: str
    first_name: str
    last_name: str
    country: str
    city: str
    zone: str
    signed_up_at: datetime
    consent: Consent
    attributes: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class People:
    """Columns of equal length; `consent` and `plan` are codes, `interests` a bit set."""

    emails: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    domains: tuple[str, ...]
    place: Ints
    signed_up: Ints
    consent: Ints
    plan: Ints
    interests: Ints

    def __len__(self) -> int:
        return len(self.emails)

    def contact(self, index: int) -> Contact:
        place = cast.PLACES[self.place[index]]
        return Contact(
            index=index,
            email=self.emails[index],
            first_name=self.first_names[index],
            last_name=self.last_names[index],
            country=place.country,
            city=place.city,
            zone=place.zone,
            signed_up_at=datetime.fromtimestamp(int(self.signed_up[index]), UTC),
            consent=CONSENTS[self.consent[index]],
            attributes={
                "plan": PLANS[self.plan[index]],
                "interests": "; ".join(interests_in(int(self.interests[index]))),
            },
        )


def interests_in(bits: int) -> list[str]:
    return [name for bit, name in enumerate(INTERESTS) if bits >> bit & 1]


def draw_people(n: int, as_of: datetime, rng: np.random.Generator) -> People:
    weights = np.array([place.weight for place in cast.PLACES])
    place = rng.choice(len(weights), n, p=weights / weights.sum())
    cultures = [cast.PLACES[row].culture for row in place]
    first, last = _draw_names(cultures, rng)
    domains = _draw_domains(cultures, rng)
    emails = _addresses(first, last, domains, rng)
    nameless = rng.random(n) < NAMELESS
    days = np.minimum(rng.exponential(MEAN_DAYS_ON_THE_LIST, n) + 0.01, 2_000.0)
    bits = rng.random((n, len(INTERESTS))) < INTEREST_SHARES
    return People(
        emails=tuple(emails),
        first_names=tuple(
            "" if hidden else name for name, hidden in zip(first, nameless, strict=True)
        ),
        last_names=tuple(
            "" if hidden else name for name, hidden in zip(last, nameless, strict=True)
        ),
        domains=tuple(domains),
        place=place.astype(np.int64),
        signed_up=(as_of.timestamp() - days * SECONDS_PER_DAY).astype(np.int64),
        consent=rng.choice(3, n, p=CONSENT_SHARES).astype(np.int64),
        plan=rng.choice(3, n, p=PLAN_SHARES).astype(np.int64),
        interests=(bits @ (1 << np.arange(len(INTERESTS)))).astype(np.int64),
    )


def _draw_names(cultures: Sequence[str], rng: np.random.Generator) -> tuple[list[str], list[str]]:
    known = {
        culture: (cast.first_names(culture), cast.last_names(culture)) for culture in set(cultures)
    }
    chosen = rng.random((len(cultures), 2)).tolist()
    first = [
        known[culture][0][int(u * len(known[culture][0]))]
        for culture, (u, _) in zip(cultures, chosen, strict=True)
    ]
    last = [
        known[culture][1][int(u * len(known[culture][1]))]
        for culture, (_, u) in zip(cultures, chosen, strict=True)
    ]
    return first, last


def _draw_domains(cultures: Sequence[str], rng: np.random.Generator) -> list[str]:
    shares = [provider.share for provider in cast.PROVIDERS]
    picks = rng.choice(len(shares) + 1, len(cultures), p=[*shares, cast.ORGANISATION.share])
    # A few employers are large and most are small (rank ** -0.8).
    sizes = np.arange(1, len(cast.ORGANISATIONS) + 1) ** -0.8
    employers = rng.choice(len(sizes), len(cultures), p=sizes / sizes.sum())
    return [
        _domain(pick, employer, culture)
        for pick, employer, culture in zip(
            picks.tolist(), employers.tolist(), cultures, strict=True
        )
    ]


def _domain(pick: int, employer: int, culture: str) -> str:
    if pick == len(cast.PROVIDERS):
        return cast.ORGANISATIONS[employer]
    domain = cast.PROVIDERS[pick].domain
    return cast.HOME_PROVIDERS.get(culture, domain) if domain == cast.YAHOO else domain


def _addresses(
    first: Sequence[str], last: Sequence[str], domains: Sequence[str], rng: np.random.Generator
) -> list[str]:
    styles = rng.integers(0, 5, len(first)).tolist()
    years = rng.integers(60, 100, len(first)).tolist()
    taken: set[str] = set()
    emails = []
    folded = {name: fold(name) for name in {*first, *last}}
    for row, domain in enumerate(domains):
        given, family = folded[first[row]], folded[last[row]]
        local = (
            f"{given}.{family}",
            f"{given[0]}{family}",
            f"{given}_{family}",
            f"{given}{years[row]}",
            f"{given}.{family}{years[row]}",
        )[styles[row]]
        email, copy = f"{local}@{domain}", 1
        while email in taken:
            copy += 1
            email = f"{local}.{copy}@{domain}"
        taken.add(email)
        emails.append(email)
    return emails


def fold(name: str) -> str:
    """Lower-case ASCII letters only: `Łukasz` → `lukasz`, `O'Brien` → `obrien`."""
    plain = unicodedata.normalize("NFKD", name.translate(SPELT_OUT)).encode("ascii", "ignore")
    return "".join(letter for letter in plain.decode().lower() if letter.isalpha())
