"""Speak to Drumbeat by REST: over HTTP, over the private socket, or to the app in this process."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx2

PREFIX = "/api/v2/marketing"
CONTACTS_AT_ONCE = 2_000  # of the 10,000 a request may have: it is limited in bytes too
TIMEOUT = httpx2.Timeout(60.0, read=600.0)

JsonObject = dict[str, object]


class Problem(Exception):
    """What the server refused, in its own words. `status` is the HTTP status."""

    def __init__(self, status: int, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.field = field


@dataclass(frozen=True)
class Client:
    """Calls routes below /api/v2/marketing; a refusal raises Problem."""

    http: httpx2.Client

    @staticmethod
    def of_server(url: str, api_key: str | None = None) -> "Client":
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        base = url.rstrip("/") + PREFIX
        return Client(httpx2.Client(base_url=base, headers=headers, timeout=TIMEOUT))

    @staticmethod
    def of_socket(path: Path) -> "Client":
        transport = httpx2.HTTPTransport(uds=str(path))
        base = "http://drumbeat.local" + PREFIX
        return Client(httpx2.Client(base_url=base, transport=transport, timeout=TIMEOUT))

    def get(self, path: str, **query: object) -> JsonObject:
        return self._json(self.http.build_request("GET", path, params=_given(query)))

    def post(self, path: str, body: Mapping[str, object] | None = None) -> JsonObject:
        return self._json(self.http.build_request("POST", path, json=body or {}))

    def put(self, path: str, body: Mapping[str, object]) -> JsonObject:
        return self._json(self.http.build_request("PUT", path, json=body))

    def delete(self, path: str) -> JsonObject:
        return self._json(self.http.build_request("DELETE", path))

    def get_bytes(self, path: str, **query: object) -> bytes:
        request = self.http.build_request("GET", path, params=_given(query))
        return self._checked(self.http.send(request)).content

    def pieces(self, path: str, **query: object) -> Iterator[bytes]:
        """A file, piece by piece as it comes."""
        answer = self.http.send(
            self.http.build_request("GET", path, params=_given(query)), stream=True
        )
        try:
            if answer.status_code >= 400:
                answer.read()
            yield from self._checked(answer).iter_bytes()
        finally:
            answer.close()

    def pages(self, path: str, rows: str, **query: object) -> Iterator[JsonObject]:
        """Every row of a cursor-paged list, page by page."""
        cursor: object = None
        while True:
            page = self.get(path, cursor=cursor, **query)
            listed = page[rows]
            assert isinstance(listed, list)
            yield from listed
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def put_contacts(self, contacts: Sequence[Mapping[str, object]]) -> JsonObject:
        """Add or update any number of contacts; a problem's `index` is the place among them all."""
        counts = dict.fromkeys(("rows", "added", "updated", "unchanged", "rejected"), 0)
        problems: list[JsonObject] = []
        for start in range(0, len(contacts), CONTACTS_AT_ONCE):
            batch = contacts[start : start + CONTACTS_AT_ONCE]
            answer = self.put("/contacts", {"contacts": batch})
            for name in counts:
                counts[name] += int(str(answer[name]))
            listed = answer["problems"]
            assert isinstance(listed, list)
            problems += [{**each, "index": each["index"] + start} for each in listed]
        return {**counts, "problems": problems}

    def upload(self, path: str, file: IO[bytes], **query: object) -> Iterator[JsonObject]:
        """Send a file and follow it: progress objects, the report last."""
        request = self.http.build_request(
            "POST",
            path,
            params=_given(query),
            content=iter(lambda: file.read(1 << 18), b""),
            headers={"Content-Type": "application/octet-stream"},
        )
        for event in self._lines(request):
            if "problem" in event:
                raise _problem(event["problem"])
            yield event

    def lines(self, path: str, **query: object) -> Iterator[JsonObject]:
        """The objects of an answer in JSON lines, one by one as they come."""
        return self._lines(self.http.build_request("GET", path, params=_given(query)))

    def _lines(self, request: httpx2.Request) -> Iterator[Any]:
        answer = self.http.send(request, stream=True)
        try:
            if answer.status_code >= 400:
                answer.read()
            self._checked(answer)
            for line in answer.iter_lines():
                yield _object(line, answer)
        finally:
            answer.close()

    def close(self) -> None:
        self.http.close()

    def _json(self, request: httpx2.Request) -> JsonObject:
        answer = self._checked(self.http.send(request))
        return _object(answer.text, answer)

    def _checked(self, answer: httpx2.Response) -> httpx2.Response:
        if answer.is_success:
            return answer
        body = _object(answer.text, answer)
        raise _problem({"status": answer.status_code, **body})


def _object(text: str, answer: httpx2.Response) -> JsonObject:
    """Raises Problem for what no Drumbeat answers: a page, a proxy's error, a bare list."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip() or "no named type"
    message = (
        f"{_place(answer.request.url)} answered {answer.status_code} with {kind}, which is not"
        " how a Drumbeat server answers: is DRUMBEAT_URL the address of one?"
    )
    raise Problem(answer.status_code, message)


def _place(url: httpx2.URL) -> str:
    """Without its query, and without whatever a person wrote before the @."""
    return f"{url.scheme}://{url.netloc.decode()}{url.path}"


def _problem(body: Mapping[str, object]) -> Problem:
    field = body.get("field")
    status = int(str(body.get("status", 500)))
    return Problem(status, str(body.get("detail", body)), None if field is None else str(field))


def _given(query: Mapping[str, object]) -> dict[str, str | list[str]]:
    return {
        key: [*map(_shown, value)] if isinstance(value, list) else _shown(value)
        for key, value in query.items()
        if value is not None
    }


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
