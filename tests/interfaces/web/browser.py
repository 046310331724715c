"""A browser without JavaScript: it keeps cookies, reads forms and sends them as they stand."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode

from tests.interfaces.serving import Answer, Served

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_TOKEN = re.compile(r'name="csrf" value="([^"]*)"')


@dataclass
class Browser:
    served: Served
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.served.port}"

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None, {})

    def token(self, path: str) -> str:
        """What the forms of that page carry."""
        found = _TOKEN.search(self.get(path).body.decode())
        assert found is not None, f"{path} has no form"
        return unescape(found[1])

    def post(self, path: str, fields: Mapping[str, str | list[str]], **headers: str) -> Answer:
        """As a page of ours would: with the Origin that a browser adds."""
        sent = {"Origin": self.base, **FORM, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self._ask("POST", path, urlencode(fields, doseq=True).encode(), sent)

    def send(self, page: str, path: str, **fields: str) -> Answer:
        """Open a page and send one of its forms."""
        return self.post(path, {"csrf": self.token(page), **fields})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        known = {"Cookie": jar} if jar else {}
        answer = self.served.ask(method, path, body, {**known, **self.headers, **headers})
        self._keep(answer)
        return answer

    def _keep(self, answer: Answer) -> None:
        said = answer.headers.get("set-cookie", "")
        for name, value in re.findall(r"(drumbeat_\w+)=([^;,]*)", said):
            if value.strip('"'):
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
