"""The preview follows what is written, in a real browser; and without script a button shows it."""

from typing import TYPE_CHECKING

from drumbeat.bootstrap import Drumbeat
from tests.interfaces.chromium import IN_CHROMIUM
from tests.interfaces.web.browser import Browser
from tests.interfaces.web.test_accessible import AXE, RULES

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import BrowserContext, Page, Route

pytestmark = IN_CHROMIUM


def signed_in(chromium: "Chromium", owner: Browser, *, script: bool = True) -> "BrowserContext":
    context = chromium.new_context(java_script_enabled=script)
    context.add_cookies(
        [{"name": n, "value": v, "url": owner.base} for n, v in owner.cookies.items()]
    )
    return context


def shown(page: "Page", words: str, *, frame: str = ".page") -> None:
    page.frame_locator(f"#seen {frame}").locator(f"text={words}").wait_for(state="attached")


def test_the_preview_follows_what_is_written(
    chromium: "Chromium", peopled: Drumbeat, owner: Browser
) -> None:
    context = signed_in(chromium, owner)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{owner.base}/campaigns/new")
    shown(page, "Say one thing")
    page.fill("#as", "bob@example.com")
    page.fill("#content_html", "<p style='color:green'>Dear {{ first_name }}</p>")
    page.fill("#subject_line", "For {{ first_name }}")
    page.locator(".seen-subject", has_text="For Bob").wait_for()
    shown(page, "Dear Bob")
    page.fill("#alt_subject_line", "Or {{ shoe }}")
    page.select_option("#variant", "1")
    page.locator(".lacks", has_text="bob@example.com has no shoe").wait_for()

    page.fill("#content_html", "<p>\n{{ first_name </p>")
    page.locator("#content_html-error", has_text="Line 2").wait_for()
    assert page.get_attribute("#content_html", "aria-invalid") == "true"
    assert page.locator("#seen.old .page").count() == 1
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, iframes: false})", RULES)
    assert not found["violations"]

    page.fill("#content_html", "<p>Mended</p>")
    shown(page, "Mended")
    assert page.locator("#content_html-error").count() == 0
    assert page.get_attribute("#content_html", "aria-invalid") is None
    page.check("[value=text]", force=True)
    shown(page, "Mended", frame=".plain")
    page.check("[value=phone]", force=True)
    assert page.locator("#seen .page").evaluate("frame => frame.offsetWidth") == 375
    assert not [each for each in said if "Content Security Policy" in each and "draft" not in each]
    context.close()


def test_without_script_a_button_shows_it_and_the_form_keeps_what_was_written(
    chromium: "Chromium", peopled: Drumbeat, owner: Browser
) -> None:
    context = signed_in(chromium, owner, script=False)
    page = context.new_page()
    page.goto(f"{owner.base}/campaigns/new")
    page.fill("#content_html", "<p>Dear {{ first_name }}</p>")
    page.fill("#as", "cleo@example.com")
    page.click("button.see")
    page.frame_locator("#seen .page").locator("text=Dear Cleo").wait_for()
    assert page.input_value("#content_html") == "<p>Dear {{ first_name }}</p>"
    page.fill("#name", "Soon")
    page.fill("#subject_line", "Come")
    page.click(".submit button")
    page.wait_for_url("**said=created")
    context.close()


def test_an_earlier_look_is_dimmed_and_named_until_the_next_is_painted(
    chromium: "Chromium", peopled: Drumbeat, owner: Browser
) -> None:
    context = signed_in(chromium, owner)
    page = context.new_page()
    page.goto(f"{owner.base}/campaigns/new")
    shown(page, "Say one thing")
    page.locator(".look:not(.busy)").wait_for()
    held: list[Route] = []
    page.route("**/campaigns/new/preview", lambda route: held.append(route))
    page.fill("#content_html", "<p>Another thing</p>")
    assert page.inner_text("#rebuilding") == "Rebuilding\u2026", "at once, before anything is asked"
    assert page.get_attribute("#seen", "aria-busy") == "true"
    assert page.locator("#seen .page").evaluate("f => getComputedStyle(f).opacity") == "0.45"
    while not held:
        page.wait_for_timeout(10)  # lets the browser's events in
    held.pop().continue_()
    shown(page, "Another thing")
    page.locator(".look:not(.busy)").wait_for()
    assert page.locator("#rebuilding").is_hidden()
    assert page.get_attribute("#seen", "aria-busy") is None

    page.unroute("**/campaigns/new/preview")
    page.route("**/campaigns/new/preview", lambda route: route.abort())
    page.fill("#content_html", "<p>A third</p>")
    page.locator("#rebuilding", has_text="does not answer").wait_for()
    context.close()
