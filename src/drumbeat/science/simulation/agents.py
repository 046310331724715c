"""Which program asks for a pixel or a link, as it names itself, and which of them are machines.

Gmail and Yahoo fetch images through a proxy when a person opens the mail, so those two names mean
a person; Apple's privacy proxy and Gmail's prefetch ask on their own, and a gateway that follows
links sometimes names itself as a plain browser.
"""

from collections.abc import Sequence

import numpy as np

from drumbeat.science.simulation import cast
from drumbeat.science.simulation.columns import Ints

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
AGENTS = (
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI}",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {_SAFARI} Mobile/15E148",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; "
    ".NET4.0E; Microsoft Outlook 16.0.17928)",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME}141.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME}141.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {_SAFARI} Version/18.6 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI} Version/18.6 Safari/605.1.15",
    "Mozilla/5.0",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME}42.0.2311.135 Safari/537.36 "
    "Edge/12.246 Mozilla/5.0",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME}120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 "
    "Safari/537.36",
)
GMAIL_PROXY, YAHOO_PROXY, MAC_MAIL, IPHONE_MAIL, OUTLOOK, CHROME = range(6)
BROWSERS = (CHROME, 6, 7, 8, 9)
BROWSER_SHARES = (0.30, 0.27, 0.27, 0.07, 0.09)
APPLE_PRIVACY, GMAIL_PREFETCH, PLAIN_SCANNER, HEADLESS_SCANNER = 10, 11, 12, 13
NOBODY = -1  # a fact that no program asked for, such as a purchase


def draw_agents(domains: Sequence[str], rng: np.random.Generator) -> tuple[Ints, Ints]:
    """One mail program and one browser for each person."""
    chosen = rng.random(len(domains))
    client = np.array(
        [_client(domain, u) for domain, u in zip(domains, chosen.tolist(), strict=True)]
    )
    browser = rng.choice(BROWSERS, len(domains), p=BROWSER_SHARES)
    return client.astype(np.int64), browser.astype(np.int64)


def _client(domain: str, u: float) -> int:
    if domain == cast.GMAIL:
        return GMAIL_PROXY
    if domain == cast.YAHOO:
        return YAHOO_PROXY
    if domain == cast.ICLOUD:
        return IPHONE_MAIL if u < 0.7 else MAC_MAIL
    return (OUTLOOK, IPHONE_MAIL, CHROME)[int(u * 3)]
