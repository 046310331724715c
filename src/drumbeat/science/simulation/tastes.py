"""What a synthetic person truly likes: the hidden propensities, and what a subject does to them.

A subject is read as explicit features; each person weighs each feature with a taste of their own,
so any two subjects have a true difference that can be computed. The optimiser never sees these
numbers; demo, rehearsal and tests compare with them under the label "simulated truth".
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from drumbeat.science.simulation import agents, cast
from drumbeat.science.simulation.columns import Flags, Floats, Ints
from drumbeat.science.simulation.habits import HABITS
from drumbeat.science.simulation.people import INTERESTS, SECONDS_PER_DAY, People


@dataclass(frozen=True)
class Feature:
    """Effects of one feature: on the log-odds of opening (mean and spread over people), as a factor
    on clicks after an open, and on unsubscribes and complaints."""

    name: str
    appeal: float
    spread: float
    clicks: float = 1.0
    irritation: float = 1.0


FEATURES = (
    Feature("question", 0.14, 0.25, clicks=0.97),
    Feature("number", 0.12, 0.20, clicks=1.03),
    Feature("offer", 0.16, 0.40, clicks=1.10, irritation=1.15),
    Feature("urgency", -0.06, 0.35, clicks=1.05, irritation=1.6),
    Feature("curiosity", 0.15, 0.25, clicks=0.85, irritation=1.1),
    Feature("emoji", 0.02, 0.30),
    Feature("shouting", -0.30, 0.20, clicks=0.95, irritation=2.0),
    Feature("length", -0.14, 0.05),  # per 25 characters beyond 50
    Feature("personal_name", 0.24, 0.25, clicks=1.02),
    Feature("interest", 0.35, 0.15, clicks=1.25, irritation=0.7),
)
NAMES = tuple(feature.name for feature in FEATURES)
COMFORTABLE_LENGTH = 50

_WORDS = {
    "offer": re.compile(r"%|\b(sale|off|discount|deal|save|free|offer|gift)\b", re.I),
    "urgency": re.compile(r"\b(now|today|tonight|hurry|last|ends?|final|hours?|only)\b", re.I),
    "curiosity": re.compile(
        r"\b(secret|why|how|what|you won't|surprising|inside|revealed)\b", re.I
    ),
    "number": re.compile(r"\d"),
    "question": re.compile(r"\?"),
    "emoji": re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]"),
    "shouting": re.compile(r"!!|\b[A-Z]{4,}\b.*\b[A-Z]{4,}\b"),
}
_NAME_FIELD = re.compile(r"\{\{[^}]*name")
_FIELD = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")


@lru_cache(maxsize=256)
def subject_features(subject: str) -> tuple[float, ...]:
    """The features all readers share, in the order of FEATURES; the two personal ones are 0 here.

    Template fields are left out of the count, so a template and its rendering agree.
    """
    text = _FIELD.sub("", subject)
    found = {name: float(bool(pattern.search(text))) for name, pattern in _WORDS.items()}
    found["length"] = min(3.0, max(0.0, (len(text) - COMFORTABLE_LENGTH) / 25))
    return tuple(found.get(name, 0.0) for name in NAMES)


def features_for(people: People, index: Ints, subject: str) -> Floats:
    """(readers, features): shared features plus their own name or interest in the subject."""
    features = np.tile(np.array(subject_features(subject)), (len(index), 1))
    words = set(re.findall(r"\w+", subject.lower()))
    by_template = bool(_NAME_FIELD.search(subject))
    features[:, NAMES.index("personal_name")] = [
        bool(name) and (by_template or name.lower() in words)
        for name in (people.first_names[row] for row in index.tolist())
    ]
    named = sum(1 << bit for bit, interest in enumerate(INTERESTS) if interest in words)
    features[:, NAMES.index("interest")] = (people.interests[index] & named) > 0
    return features


@dataclass(frozen=True, eq=False)
class Truth:
    """Hidden columns, one value a person; chances are per mail, given what comes before them."""

    base: Floats  # log-odds of reading a plain mail while active
    taste: Floats  # (people, features)
    click: Floats  # given a reading
    buy: Floats  # given a click
    basket: Floats  # mean of the log order value in major units
    orders_a_day: Floats  # that no mail caused
    unsubscribe: Floats  # given a reading
    complain: Floats  # given a reading
    habit: Ints
    concentration: Floats
    lapsed_at: Floats  # epoch seconds after which interest is mostly gone; inf = still active
    private: Flags
    scanned: Flags
    client: Ints  # user agent of the mail program, position in agents.AGENTS
    browser: Ints

    def read_chance(self, index: Ints, features: Floats, at: Floats) -> Floats:
        """Chance to read the mail in an average hour; `at` are the instants of receipt."""
        odds = self.base[index] + np.einsum("rf,rf->r", self.taste[index], features)
        lapsed = np.where(at >= self.lapsed_at[index], LAPSED, 1.0)
        return np.asarray(lapsed / (1.0 + np.exp(-odds)))


LAPSED = 0.12
BASKET_SPREAD = 0.45


def draw_truth(people: People, as_of: float, rng: np.random.Generator) -> Truth:
    n = len(people)
    keen = rng.standard_normal(n)
    plan = people.plan.astype(np.float64)
    private, scanned = _draw_proxies(people, rng)
    client, browser = agents.draw_agents(people.domains, rng)
    appeal = np.array([feature.appeal for feature in FEATURES])
    spread = np.array([feature.spread for feature in FEATURES])
    return Truth(
        base=-0.98 + 1.15 * keen + 0.3 * plan,
        taste=appeal + spread * rng.standard_normal((n, len(FEATURES))),
        click=_chance(-2.25 + 0.25 * keen + 0.6 * rng.standard_normal(n)),
        buy=_chance(-1.25 + 0.15 * keen + 0.2 * plan + 0.6 * rng.standard_normal(n)),
        basket=3.6 + 0.3 * plan + 0.5 * rng.standard_normal(n),
        orders_a_day=rng.gamma(0.55, 1.0, n) * (0.006 + 0.004 * plan) * np.exp(0.4 * keen),
        unsubscribe=_chance(-5.1 - 0.3 * keen + 0.7 * rng.standard_normal(n)),
        complain=_chance(-7.4 - 0.3 * keen + 0.7 * rng.standard_normal(n)),
        habit=rng.choice(len(HABITS), n, p=[habit.share for habit in HABITS]).astype(np.int64),
        concentration=rng.beta(4.0, 4.0, n),
        lapsed_at=_draw_lapses(people, as_of, rng),
        private=private,
        scanned=scanned,
        client=client,
        browser=browser,
    )


def _chance(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))


def _draw_lapses(people: People, as_of: float, rng: np.random.Generator) -> Floats:
    """A fifth or so have lost interest by now: a memoryless life of about six years on the list."""
    life = rng.exponential(1_900.0, len(people)) * SECONDS_PER_DAY
    lapsed_at = people.signed_up + life
    return np.where(lapsed_at < as_of, lapsed_at, np.inf)


def _draw_proxies(people: People, rng: np.random.Generator) -> tuple[Flags, Flags]:
    known = {provider.domain: provider for provider in cast.PROVIDERS}
    home = known[cast.YAHOO]
    home_domains = set(cast.HOME_PROVIDERS.values())
    providers = [
        home if domain in home_domains else known.get(domain, cast.ORGANISATION)
        for domain in people.domains
    ]
    u = rng.random((2, len(people)))
    private = u[0] < np.array([provider.private for provider in providers])
    return private, u[1] < np.array([provider.scanned for provider in providers])
