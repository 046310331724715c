"""drumbeat experiments …: tests of campaigns, and what anybody's counts allow to say."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from drumbeat.interfaces.cli.answers import print_json, print_rows, say
from drumbeat.interfaces.cli.campaigns import Json
from drumbeat.interfaces.cli.house import client
from drumbeat.interfaces.cli.json_files import read_objects
from drumbeat.interfaces.cli.paths import path_of
from drumbeat.interfaces.sdk.client import JsonObject

app = App(name="experiments", help="See what tests say, and judge counts of your own.")


@app.command(name="list")
def list_(*, json: Json = False) -> int:
    """List the tests of campaigns, newest first."""
    with client() as house:
        rows = house.pages("/experiments", "experiments")
        columns = ("experiment_id", "state", "element", "metric", "created_at", "campaign_name")
        print_rows(rows, columns, as_json=json)
    return 0


@app.command
def show(experiment_id: str, *, json: Json = False) -> int:
    """Show one test: its arms, and what the counts say today or what was decided."""
    with client() as house:
        answer = house.get(path_of("/experiments/{}", experiment_id))
    if json:
        print_json(answer)
        return 0
    say(f"{answer['experiment_id']}  {answer['element']} of {answer['campaign_name']!r}")
    say(f"It is {answer['state']}, judged by {answer['metric']}.")
    analysis = answer["analysis"]
    if isinstance(analysis, dict):
        for row in analysis["comparisons"]:
            _tell_comparison(row["treatment"], row["control"], row["difference"], row)
        say(f"{analysis['outcome'] or 'No figures yet'}: {analysis['reason']}")
    return 0


@app.command
def analyze(
    file: Path,
    *,
    method: Annotated[Literal["fixed"], Parameter(help="Judged once, at the end.")] = "fixed",
    json: Json = False,
) -> int:
    """Judge counts in a JSON file (`-` reads stdin): difference, interval, p-value, verdict.

    One object {"arms": [{"name", "n", "conversions"}, …], "alpha", "minimum_effect"}, the first arm
    being the control; an array or JSON lines of them give one answer each.
    """
    tests = read_objects(file)
    with client() as house:
        for counts in tests:
            answer = house.post("/experiments/analyze", {"method": method, **counts})
            if json:
                print_json(answer)
            else:
                _tell_judgement(answer)
    return 0


def _tell_judgement(answer: JsonObject) -> None:
    comparisons, verdict = answer["comparisons"], answer["verdict"]
    assert isinstance(comparisons, list)
    assert isinstance(verdict, dict)
    for row in comparisons:
        _tell_comparison(row["arm"], row["against"], row["estimate"], row)
    winner = f" {verdict['arm']}" if verdict["arm"] else ""
    say(f"{verdict['kind']}{winner}: {verdict['reason']}")


def _tell_comparison(arm: str, against: str, estimate: float | None, row: JsonObject) -> None:
    interval, p_value = row.get("interval"), row.get("p_value")
    if estimate is None or not isinstance(interval, list):
        say(f"{arm} against {against}: nobody to compare yet")
        return
    low, high = interval
    say(f"{arm} against {against}: {estimate:+.4f} [{low:+.4f}, {high:+.4f}], p = {p_value:.4f}")
