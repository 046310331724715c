"""From a template to a response: always escaped, never kept, and allowed to load nothing else."""

import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from drumbeat.interfaces.web.wording import FILTERS

POLICY = (
    "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
ASSETS = {
    "drumbeat.css": "text/css; charset=utf-8",
    "working.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "writing.js": "text/javascript; charset=utf-8",
    "writing.css": "text/css; charset=utf-8",
    "building.js": "text/javascript; charset=utf-8",
    "insight.css": "text/css; charset=utf-8",
    "building.css": "text/css; charset=utf-8",
    "bricolage-grotesque.woff2": "font/woff2",
    "people.css": "text/css; charset=utf-8",
    "reference.css": "text/css; charset=utf-8",
    "mark.svg": "image/svg+xml",
}


def page(template: str, status: int = 200, **shown: object) -> Response:
    return Response(rendered(template, **shown), status, PAGE_HEADERS, "text/html; charset=utf-8")


def rendered(template: str, **shown: object) -> str:
    return _environment().get_template(template).render(**shown)


@cache
def asset(name: str) -> bytes:
    return resources.files(__package__).joinpath("static", name).read_bytes()


def asset_path(name: str) -> str:
    """The address changes with the content, so a browser may keep what it has for ever."""
    return f"/static/{hashlib.sha256(asset(name)).hexdigest()[:12]}/{name}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__ or "", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.globals["asset_path"] = asset_path
    return environment
