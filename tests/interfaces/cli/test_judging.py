"""drumbeat events judge, and what is told of a machine's deed to who asks for a contact."""

from tests.interfaces.cli.conftest import Shell

APPLE = "Mozilla/5.0"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
EVENTS = f"""email,kind,occurred_at,event_id,user_agent
ada@example.com,opened,2026-01-10T09:30:00Z,e1,{APPLE}
ada@example.com,clicked,2026-01-10T09:31:00Z,e2,{FIREFOX}
ada@example.com,clicked,2026-01-10T09:32:00Z,e3,Kuvert/3.1
"""


def test_a_contacts_deeds_are_told_with_the_reason_of_their_verdict(people: Shell) -> None:
    people.done("events", "import", people.write("events.csv", EVENTS))
    shown = people.done("audience", "show", "ada@example.com", "--json").json()
    timeline = shown["timeline"]
    assert isinstance(timeline, list)
    judged = {row["at"]: (row["verdict"], row["why"]) for row in timeline}
    assert [judged[at] for at in sorted(judged)] == [
        ("machine", "Apple Mail's privacy proxy fetches every image unasked"),
        ("human", None),
        ("unsure", "a program that nobody knows"),
    ]
    told = people.done("audience", "show", "ada@example.com").err
    assert "(a machine: Apple Mail's privacy proxy fetches every image unasked)" in told
    assert "(unsure: a program that nobody knows)" in told


def test_judging_again_tells_how_much_and_by_which_rules(people: Shell) -> None:
    people.done("events", "import", people.write("events.csv", EVENTS))
    answer = people.done("events", "judge", "--since", "2026-01-01", "--json").json()
    assert answer["changed"] == 0
    assert isinstance(answer["rules_version"], int)
    told = people.done("events", "judge", "--since", "2026-01-01T00:00:00").err
    assert "opens and clicks judged by rules" in told
    wrong = people.run("events", "judge", "--since", "yesterday")
    assert wrong.code == 2
