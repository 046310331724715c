"""What a person types as an id: nothing, dots, a path, or the address of another server."""

import re

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.routing import Route

from drumbeat.interfaces.cli.paths import path_of
from drumbeat.kit.errors import InvalidInput
from tests.architecture.tree import SOURCE, python_files
from tests.interfaces.cli.conftest import Shell
from tests.interfaces.serving import serving

ASKED_BY_ID = (
    "campaigns show", "campaigns approve", "campaigns decline", "campaigns check",
    "campaigns test", "campaigns report", "campaigns launch", "campaigns pause",
    "campaigns resume", "campaigns cancel", "campaigns ledger", "approvals show",
    "approvals approve", "approvals decline", "experiments show", "content show",
    "audience show", "audience unsubscribe", "accounts invite", "accounts remove-person",
    "accounts remove-key", "accounts end-session",
)  # fmt: skip


@pytest.mark.parametrize("command", ASKED_BY_ID)
def test_an_id_that_says_nothing_is_refused_in_a_sentence(shell: Shell, command: str) -> None:
    ran = shell.run(*command.split(), "")
    assert ran.code == 1
    assert re.fullmatch(r"drumbeat: '' names no \w+: `drumbeat [a-z -]+` shows .*\n", ran.err)


def test_the_commands_that_an_empty_id_is_answered_with_exist(shell: Shell) -> None:
    for command in ("campaigns show", "approvals show", "experiments show", "audience show",
                    "accounts invite", "accounts remove-key", "accounts end-session"):  # fmt: skip
        named = re.search(r"`drumbeat ([a-z -]+)`", shell.run(*command.split(), "").err)
        assert named is not None
        shell.done(*named[1].split())


@pytest.mark.parametrize("word", ["../contacts", "a/b", "a?b=c", "a#b", "a b", "%2e%2e", "é"])
def test_a_word_never_leads_to_another_route(shell: Shell, word: str) -> None:
    ran = shell.run("campaigns", "show", word)
    assert ran.code == 1
    assert "campaign" in ran.err
    assert "Traceback" not in ran.err
    assert path_of("/campaigns/{}", word).count("/") == 2


@pytest.mark.parametrize("word", ["", " ", ".", "..", "\n"])
def test_dots_and_blanks_name_nothing(word: str) -> None:
    with pytest.raises(InvalidInput, match="names no campaign"):
        path_of("/campaigns/{}/checks", word)


def test_every_command_puts_a_word_into_a_path_by_the_one_way() -> None:
    for file in python_files(SOURCE / "interfaces" / "cli"):
        found = re.findall(r'f"/[^"]*\{(?!number\})[^"]*"', file.read_text())
        assert not found, f"{file.name}: use path_of for {found}"


def test_another_server_behind_the_address_is_named_as_such(shell: Shell) -> None:
    routes = [
        Route("/page/{rest:path}", lambda _: HTMLResponse("<h1>Welcome to nginx</h1>")),
        Route("/list/{rest:path}", lambda _: JSONResponse([1])),
        Route("/gone/{rest:path}", lambda _: HTMLResponse("no", status_code=502)),
        Route("/moved/{rest:path}", lambda _: RedirectResponse("/page/x")),
    ]
    with serving(Starlette(routes=routes)) as other:
        for place, status in (("page", 200), ("list", 200), ("gone", 502), ("moved", 307)):
            url = f"http://127.0.0.1:{other.port}/{place}"
            shell.patch.setenv("DRUMBEAT_URL", url)
            for words in (("campaigns", "list"), ("campaigns", "show", "cmp_1"), ("status",)):
                ran = shell.run(*words)
                assert ran.code == 1
                assert f"{url}/api/v2/marketing" in ran.err
                assert f"answered {status} with" in ran.err
                assert "DRUMBEAT_URL" in ran.err
                assert "Traceback" not in ran.err
