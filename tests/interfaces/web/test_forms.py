"""Every POST of a page: what is taken, and what another site, an old page or a flood gets."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from drumbeat.bootstrap import Drumbeat
from drumbeat.interfaces.web import create_web
from drumbeat.interfaces.web.forms import SESSION, checked_form, text, token_of
from drumbeat.kit.errors import DrumbeatError
from tests.interfaces.serving import Served, serving
from tests.interfaces.web.browser import FORM, Browser

SECRET = "dbsession_known"
TOKEN = token_of(SECRET)


def take(request: Request) -> Response:
    try:
        form = checked_form(request, at_most=100_000, files=1)
    except DrumbeatError as error:
        return PlainTextResponse(f"{type(error).__name__}: {error}", 400)
    for value in form.values():
        if isinstance(value, UploadFile):
            value.file.close()
    return PlainTextResponse(f"took {text(form, 'word')}")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(Starlette(routes=[Route("/take", take, methods=["POST"])])) as served:
        yield served


@pytest.fixture
def browser(served: Served) -> Browser:
    return Browser(served, {SESSION: SECRET})


def test_a_form_of_our_own_page_is_taken(browser: Browser) -> None:
    answer = browser.post("/take", {"csrf": TOKEN, "word": " Mårten & söner "})
    assert (answer.status, answer.body.decode()) == (200, "took Mårten & söner")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_what_another_site_causes_is_refused_even_with_the_token(
    browser: Browser, headers: dict[str, str]
) -> None:
    answer = browser.post("/take", {"csrf": TOKEN, "word": "x"}, **headers)
    assert answer.status == 400
    assert b"Another site" in answer.body


@pytest.mark.parametrize(
    "token", ["", "x", token_of("dbsession_other"), "\ud83d\ude00", TOKEN + "0"]
)
def test_a_token_of_another_cookie_is_refused(browser: Browser, token: str) -> None:
    sent = {"csrf": token.encode("utf-16", "surrogatepass").decode("utf-16")}
    assert b"NotPermitted" in browser.post("/take", sent).body
    assert b"NotPermitted" in browser.post("/take", {}).body


def test_a_browser_without_a_cookie_is_refused(served: Served) -> None:
    for token in (token_of(""), "", TOKEN):
        assert b"NotPermitted" in Browser(served).post("/take", {"csrf": token}).body


def test_a_hidden_origin_is_fine_when_the_browser_vouches_for_the_site(browser: Browser) -> None:
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert browser.post("/take", {"csrf": TOKEN}, **headers).status == 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"csrf=" + b"x" * 200_000),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(1_000))),
        ("application/x-www-form-urlencoded", b"csrf=%s&word=%%00" % TOKEN.encode()),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nrubbish\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b"rubbish"),
        ("application/json", b"{}"),
        ("text/plain", b"csrf=" + TOKEN.encode()),
    ],
)
def test_what_is_no_form_is_refused_and_never_a_crash(
    browser: Browser, kind: str, body: bytes
) -> None:
    headers = {"Origin": browser.base, "Cookie": f"{SESSION}={SECRET}", "Content-Type": kind}
    answer = browser.served.ask("POST", "/take", body, headers)
    assert answer.status == 400, answer.body


def test_an_upload_is_read_with_its_token(browser: Browser) -> None:
    parts = (
        b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n%s\r\n'
        b'--x\r\nContent-Disposition: form-data; name="word"\r\n\r\nhello\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nemail\r\n'
        b"--x--\r\n"
    ) % TOKEN.encode()
    kind = "multipart/form-data; boundary=x"
    headers = {"Origin": browser.base, "Cookie": f"{SESSION}={SECRET}", "Content-Type": kind}
    assert browser.served.ask("POST", "/take", parts, headers).body == b"took hello"


def test_every_post_of_the_pages_refuses_a_form_without_a_token(house: Drumbeat) -> None:
    router = create_web(house)
    routes = [route for route in router.routes if isinstance(route, Route)]
    posts = [route.path for route in routes if "POST" in (route.methods or ())]
    assert len(posts) > 12
    owner = house.owner()
    with house.begin(owner) as department:
        link = department.accounts.issue_sign_in_link()
    with serving(Starlette(routes=router.routes)) as served:
        browser = Browser(served)
        browser.get(f"/sign-in?link={link}")
        for path in posts:
            path = path.replace("{", "").replace("}", "")
            answer = served.ask(
                "POST", path, b"", {"Cookie": f"{SESSION}={browser.cookies[SESSION]}", **FORM}
            )
            assert answer.status == 403, path
        assert browser.get("/settings/people").status == 200
