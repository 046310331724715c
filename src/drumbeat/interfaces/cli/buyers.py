"""drumbeat audience rfm|value: what purchases say of those who made them, as figures and a file."""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from drumbeat.interfaces.cli.answers import print_json, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.whole_files import whole_file
from drumbeat.interfaces.sdk.client import JsonObject
from drumbeat.kit.errors import InvalidInput
from drumbeat.kit.spreadsheet import safe_cell

RFM_COLUMNS = (
    "email", "external_id", "recency_days", "frequency", "monetary", "r", "f", "m", "segment",
)  # fmt: skip
VALUE_COLUMNS = (
    "email", "external_id", "frequency", "recency", "t", "alive", "expected_purchases",
    "expected_value",
)  # fmt: skip

AsOf = Annotated[str | None, Parameter(help="The last day that counts, as 2026-11-02; else today.")]
Out = Annotated[Path | None, Parameter(help="Write a row for each of them to this CSV file.")]
Cuts = Annotated[str | None, Parameter(help="Four rising cut points, such as 30,60,90,180.")]


def rfm(
    *,
    as_of: AsOf = None,
    recency_days: Cuts = None,
    frequency: Cuts = None,
    monetary: Cuts = None,
    out: Out = None,
    json: Json = False,
) -> int:
    """Score everybody who bought by recency, frequency and money, and name their segment.

    Scores are quintiles, unless cut points are given.
    """
    given = {"recency_days": recency_days, "frequency": frequency, "monetary": monetary}
    query = {name: text.split(",") for name, text in given.items() if text}
    answer = ask_for("/audience/rfm", out, RFM_COLUMNS, as_of=as_of, **query)
    if json:
        print_json(answer)
        return 0
    if answer["reason"]:
        say(f"Cannot say yet: {answer['reason']}")
        return 0
    say(f"{answer['definition']}")
    segments = answer["segments"]
    assert isinstance(segments, dict)
    for name, size in segments.items():
        say(f"{size:>10,}  {name}")
    return 0


def value(
    *,
    as_of: AsOf = None,
    horizon: Annotated[str, Parameter(help="How far to look ahead: 90d, 52w, 365d.")] = "365d",
    out: Out = None,
    json: Json = False,
) -> int:
    """Forecast who still is a customer, what they will buy and spend, and say how that did before.

    A forecast (BG/NBD, Gamma-Gamma), beside what recency alone would have told.
    """
    answer = ask_for("/audience/value", out, VALUE_COLUMNS, as_of=as_of, horizon=days_of(horizon))
    if json:
        print_json(answer)
    elif answer["reason"]:
        say(f"No forecast: {answer['reason']}")
    else:
        _tell(answer)
    return 0


def days_of(horizon: str) -> int:
    """Days of 90d, 90_days, 52w or 90. Raises InvalidInput."""
    found = re.fullmatch(r"(\d{1,4})_?(d|days|w|weeks)?", horizon.strip().lower())
    if not found:
        raise InvalidInput(f"{horizon[:40]!r} is not a time such as 365d or 52w.", field="horizon")
    return int(found[1]) * (7 if found[2] in ("w", "weeks") else 1)


def ask_for(path: str, out: Path | None, columns: tuple[str, ...], **query: object) -> JsonObject:
    with client() as house:
        if out is None:
            return house.get(path, **query)
        return _written(house.lines(f"{path}/rows", **query), out, columns)


def _written(lines: Iterator[JsonObject], out: Path, columns: tuple[str, ...]) -> JsonObject:
    """The last line is the answer."""
    with whole_file(out) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        answer = next(lines)
        for following in lines:
            writer.writerow(safe_cell(_cell(answer[name])) for name in columns)
            answer = following
    return answer


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _tell(answer: Mapping[str, object]) -> None:
    purchases, holdout = answer["expected_purchases"], answer["holdout"]
    assert isinstance(purchases, dict)
    say(f"Forecast for {answer['horizon_days']} days from {answer['as_of']}:")
    interval, between = purchases["interval"], ""
    if interval:
        between = f", between {interval[0]:,.0f} and {interval[1]:,.0f}"
    say(
        f"  {purchases['total']:,.0f} days with a purchase{between}, "
        f"of {answer['customers']:,} buyers"
    )
    if answer["expected_value"] is not None:
        say(f"  {answer['expected_value']:,.2f} {answer['currency']}")
    if not isinstance(holdout, dict):
        say("Too little happened before to judge such a forecast.")
        return
    say(
        f"The same forecast {holdout['days']} days earlier said {holdout['forecast']:,.0f}; "
        f"it became {holdout['actual']:,.0f}."
    )
    if holdout["auc"] is not None:
        say(
            f"It ranks who comes back right in {holdout['auc']:.1%} of pairs; recency alone in "
            f"{holdout['auc_recency']:.1%}."
        )
