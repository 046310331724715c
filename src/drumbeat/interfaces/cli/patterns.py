"""drumbeat audience clusters|propensity|lookalikes|journey: what people's behaviour says."""

from typing import Annotated, Any

from cyclopts import Parameter

from drumbeat.interfaces.cli.answers import print_json, say
from drumbeat.interfaces.cli.buyers import AsOf, Out, ask_for, days_of
from drumbeat.interfaces.cli.campaigns import Json

PEOPLE = ("email", "external_id")


def clusters(
    *,
    as_of: AsOf = None,
    groups: Annotated[
        int | None, Parameter(help="How many, 2 to 8; left out, as fits best.")
    ] = None,
    out: Out = None,
    json: Json = False,
) -> int:
    """Group people who behave alike, and say how much of a group they are."""
    columns = (*PEOPLE, "cluster")
    answer = ask_for("/audience/clusters", out, columns, as_of=as_of, clusters=groups)
    if json:
        print_json(answer)
        return 0
    if answer["reason"]:
        say(f"No groups: {answer['reason']}")
        return 0
    for each in _rows(answer["clusters"]):
        say(f"{each['people']:>10,}  {each['share']:>6.1%}  {each['name']}")
    say(f"Silhouette {answer['silhouette']:.2f}, stability {answer['stability']:.2f}.")
    say(str(answer["in_words"]))
    return 0


def propensity(
    deed: Annotated[str, Parameter(help="buy, click or unsubscribe.")],
    *,
    as_of: AsOf = None,
    horizon: Annotated[str, Parameter(help="How far to look ahead: 30d, 4w.")] = "30d",
    out: Out = None,
    json: Json = False,
) -> int:
    """Forecast how likely each person is to do it, and say how such a forecast did before."""
    columns, days = (*PEOPLE, "probability"), days_of(horizon)
    answer = ask_for("/audience/propensity", out, columns, deed=deed, as_of=as_of, horizon=days)
    if json:
        print_json(answer)
        return 0
    if answer["reason"]:
        say(f"No forecast: {answer['reason']}")
        return 0
    say(
        f"Forecast for {days} days from {answer['as_of']}: {answer['expected']:,.0f} of "
        f"{answer['people']:,} people."
    )
    _tell(answer["validation"])
    say(str(answer["in_words"]))
    return 0


def lookalikes(
    segment: str,
    *,
    as_of: AsOf = None,
    top: Annotated[int, Parameter(help="How many to write, the likest first.")] = 1_000,
    out: Out = None,
    json: Json = False,
) -> int:
    """Rank the people outside a segment by how like its members they are."""
    columns = (*PEOPLE, "likeness")
    asked: dict[str, object] = {"segment": segment, "as_of": as_of}
    if out is not None:
        asked["top"] = top
    answer = ask_for("/audience/lookalikes", out, columns, **asked)
    if json:
        print_json(answer)
    elif answer["reason"]:
        say(f"No look-alikes: {answer['reason']}")
    else:
        say(f"{answer['members']:,} members, {answer['people']:,} other people.")
        say(
            f"Of members hidden among them {answer['found']:.0%} come out in the front tenth, "
            f"{answer['lift']:.1f} times what chance gives; by latest activity alone "
            f"{answer['found_naive']:.0%}."
        )
    return 0


def journey(
    *,
    as_of: AsOf = None,
    step: Annotated[str, Parameter(help="From one moment to the next: 30d, 4w.")] = "30d",
    moments: Annotated[int, Parameter(help="How many moments to look at.")] = 13,
    json: Json = False,
) -> int:
    """Show how people move between lifecycle stages, and how long they stay in each."""
    answer = ask_for(
        "/audience/journey", None, (), as_of=as_of, step=days_of(step), moments=moments
    )
    if json:
        print_json(answer)
        return 0
    rates, stays, now = _of(answer["rates"]), _of(answer["stays"]), _rows(answer["standing"])[-1]
    for stage in _rows(answer["stages"]):
        say(f"{now[stage]:>10,}  {stage}, {_half(stays[stage])}")
        for to, rate in rates[stage].items():
            if rate and to != stage:
                say(f"{'':>12}{rate:>6.1%} are {to} {answer['step_days']} days later")
    return 0


def _half(stay: dict[str, Any]) -> str:
    if stay["median_days"] is None:
        return "most of whom were not seen to leave"
    return f"half of whom leave within {stay['median_days']:.0f} days"


def _tell(told: object) -> None:
    judged = _of(told)
    say(
        f"The same forecast of the stretch before said {judged['expected']:,.0f}; it became "
        f"{judged['actual']:,}."
    )
    say(
        f"It ranks right in {judged['auc']:.1%} of pairs; the plain rule in "
        f"{judged['auc_naive']:.1%}."
    )


def _of(told: object) -> dict[str, Any]:
    assert isinstance(told, dict)
    return told


def _rows(told: object) -> list[Any]:
    assert isinstance(told, list)
    return told
