"""What a program says it is by its User-Agent: whom it acts for, as far as that alone can tell.

Names lie in one direction only: scanners call themselves browsers, browsers never scanners. So a
scanner's name convicts, and a browser's name proves nothing. Where each name is from stands in
`tests/marketing/events/user_agents.csv`.
"""

import re
from enum import Enum
from functools import lru_cache


class Program(Enum):
    person = "a browser or a mail program"
    apple_proxy = "Apple Mail's privacy proxy"
    image_proxy = "Gmail's or Yahoo's image proxy"
    image_prefetch = "Gmail's prefetch"
    gateway = "a security gateway"
    preview = "a link preview"
    robot = "a crawler or a script"
    nameless = "nothing"
    unknown = "a program nobody knows"


# Apple's privacy proxy fetches every image of every mail and calls itself just this.
_APPLE = "mozilla/5.0"
_IMAGE_PROXY = re.compile(r"googleimageproxy|ggpht\.com|yahoomailproxy|yahoo mail proxy", re.I)
# Gmail fetches some images before anybody opens, under the name of an Edge of 2015 and more.
_IMAGE_PREFETCH = re.compile(r"edge/12\.246 mozilla/5\.0\Z", re.I)
_GATEWAY = re.compile(
    r"barracuda|mimecast|proofpoint|urldefense|fireeye|trellix|trend ?micro|sophos|symantec"
    r"|forcepoint|websense|messagelabs|cisco[- ]?(?:esa|email|ironport)|ironport|safelinks|zscaler"
    r"|microsoft office existence discovery|microsoft-atp|defender|paloalto|wildfire|urlscan"
    r"|virustotal|sendgrid-scan|cloudmark|area 1 security|abnormal ?security|hornetsecurity"
    r"|mailguard|spamtitan|fortiguard|fortimail|checkpoint|avanan|vade ?secure|appriver|bitdefender"
    r"|kaspersky|netcraft|phishlabs|censysinspect|expanse|headlesschrome|phantomjs|electron/",
    re.I,
)
_PREVIEW = re.compile(
    r"facebookexternalhit|facebot|slackbot|slack-imgproxy|twitterbot|linkedinbot|discordbot"
    r"|telegrambot|whatsapp/|skypeuripreview|bingpreview|linkpreview|embedly|iframely|pinterestbot"
    r"|google-pagerenderer|applebot|mattermost|microsoftpreview|teams link|viber|vkshare",
    re.I,
)
# A Cubot is a telephone.
_ROBOT = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|curl/|wget/|python-|python/|aiohttp/|httpx/|okhttp/|java/"
    r"|apache-httpclient|go-http-client|libwww-perl|lwp::|node-fetch|axios/|undici|postmanruntime"
    r"|ruby|php/|guzzle|winhttp|powershell|insomnia|scrapy|lighthouse|pingdom|uptimerobot|nmap"
    r"|zgrab|masscan|selenium|playwright|puppeteer",
    re.I,
)
_PERSON = re.compile(
    r"mozilla/[45]\.0 \(|outlook|microsoft office|thunderbird|dalvik/|cfnetwork/|opera/"
    r"|airmail|samsung|blackberry|lotus-notes|emclient|k-9 mail",
    re.I,
)
_TOLD_BY = (
    (_IMAGE_PROXY, Program.image_proxy),
    (_IMAGE_PREFETCH, Program.image_prefetch),
    (_GATEWAY, Program.gateway),
    (_PREVIEW, Program.preview),
    (_ROBOT, Program.robot),
    (_PERSON, Program.person),
)


@lru_cache(maxsize=8_192)
def program_of(user_agent: str) -> Program:
    """Remembered: a mailing meets few programs, and reading one costs more than recording it."""
    agent = user_agent.strip()
    if not agent:
        return Program.nameless
    if agent.lower() == _APPLE:
        return Program.apple_proxy
    return next((who for names, who in _TOLD_BY if names.search(agent)), Program.unknown)
