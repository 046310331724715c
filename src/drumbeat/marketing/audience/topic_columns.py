"""Which columns of a file say what people want to hear about, and what one row says of it.

A list names topics, and what it does not name is no no. A column that is named as one topic says
yes or no. A yes is worth what the import says of the row's consent; a no is always heard.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.headers import snake_case, spelling
from drumbeat.marketing.audience import cells
from drumbeat.marketing.audience.model import Consent
from drumbeat.marketing.audience.model_topics import MARKETING_KEY, Topic

TOPICS = "topics"
ONE_TOPIC = "topic:"
"""What a column means: a list of topics, or yes and no to the one whose key follows."""

_LISTS = frozenset((
    "topics", "topic", "preferences", "preference", "email preferences", "mail preferences",
    "newsletter preferences", "interests", "interest", "subscribed topics", "newsletters",
    "themen", "interessen", "intereses", "preferencias", "preferenze", "interessi",
))  # fmt: skip
_BETWEEN = re.compile(r"[,;|\n]")
_AROUND = " \t\r\u00a0'\"[]"
_MOST_NOTES = 5
HELD_BACK = "its topics are no yes: the import does not say that this person subscribed"


@dataclass(frozen=True)
class TopicColumns:
    """Places of lists, places of single topics, and topics by every spelling of key and name."""

    lists: tuple[int, ...] = ()
    single: Mapping[int, Topic] = field(default_factory=dict)
    known: Mapping[str, Topic] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.lists or self.single)


def find_topic_columns(
    header: Sequence[str],
    places: Iterable[int],
    topics: Sequence[Topic],
    chosen: Mapping[int, str],
    said: Callable[[int], Sequence[str]],
) -> TopicColumns:
    """Among `places`, which nothing else was recognised in; `chosen` is what a person said of some.

    Without a person's word only a house that has topics looks for them, and a column that is named
    as one only counts if all it says in the first rows is yes or no. Raises InvalidInput for a
    chosen topic that there is not.
    """
    known = {word: each for each in topics for word in (spelling(each.name), spelling(each.key))}
    known = {word: each for word, each in known.items() if each.key != MARKETING_KEY}
    lists, single = [], {}
    for place in places:
        meaning, name = chosen.get(place, ""), spelling(header[place])
        topic = known.get(name.removeprefix("topic "))
        if meaning.startswith(ONE_TOPIC):
            single[place] = _named(meaning.removeprefix(ONE_TOPIC), known)
        elif meaning == TOPICS:
            lists.append(place)
        elif not known or meaning not in ("", snake_case(header[place])):
            continue
        elif name in _LISTS:
            lists.append(place)
        elif topic is not None and _answers(said(place)):
            single[place] = topic
    return TopicColumns(tuple(lists), single, known)


def read_topics(
    told: TopicColumns, row: Sequence[str], header: Sequence[str], *, subscribed: bool
) -> tuple[Mapping[int, bool], tuple[str, ...]]:
    """Yes or no by number of topic; and what could not be taken, for whoever imports."""
    said: dict[int, bool] = {}
    notes: list[str] = []
    for word in _words(row[place] for place in told.lists):
        topic = told.known.get(spelling(word))
        if topic is None:
            notes.append(f"there is no topic {word[:60]!r}")
        else:
            said[topic.topic_no] = True
    for place, topic in told.single.items():
        cell = cells.clean_text(row[place])
        answer = cells.read_consent(cell) if cell else cells.UNCONFIRMED
        if answer is None:
            notes.append(f"{header[place]!r}: {cell[:40]!r} says neither yes nor no")
        elif answer.consent is not Consent.unconfirmed:
            said[topic.topic_no] = answer.consent is Consent.subscribed
    if not subscribed and any(said.values()):
        said = {topic_no: yes for topic_no, yes in said.items() if not yes}
        notes.append(HELD_BACK)
    return said, _shortened(list(dict.fromkeys(notes)))


def _words(listed: Iterable[str]) -> list[str]:
    words = (cells.clean_text(word).strip(_AROUND) for cell in listed for word in _split(cell))
    return [word for word in dict.fromkeys(words) if word]


def _split(cell: str) -> list[str]:
    return _BETWEEN.split(cell)


def _shortened(notes: Sequence[str]) -> tuple[str, ...]:
    left = len(notes) - _MOST_NOTES
    return (*notes[:_MOST_NOTES], f"and {left} more topics") if left > 0 else tuple(notes)


def _answers(said: Sequence[str]) -> bool:
    """Whether a column says something, and nothing but yes and no."""
    told = [cell for cell in said if cell.strip()]
    return bool(told) and all(cells.read_consent(cell) is not None for cell in told)


def _named(word: str, known: Mapping[str, Topic]) -> Topic:
    found = known.get(spelling(word))
    if found is not None:
        return found
    keys = sorted({each.key for each in known.values()})
    near = get_close_matches(word.strip().casefold(), keys, n=2, cutoff=0.5)
    there = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(keys)}."
    hint = there if keys else "This house has no topics yet."
    raise InvalidInput(f"There is no topic {word[:60]!r}. {hint}", field="map")
