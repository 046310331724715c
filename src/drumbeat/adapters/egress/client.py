"""What may be asked for, how far a redirect is followed, and how much of an answer is read.

Proxies of the environment are not used: they would resolve names where nobody checks them.
"""

import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import httpcore2
import httpx2

from drumbeat.adapters.egress.network import Deadline, Guard, Resolve, resolve_host
from drumbeat.kit.errors import InvalidInput, NotPermitted, ProviderFailed

Origin = tuple[str, str, int]
"""Scheme, host and port."""

PORTS = {"http": 80, "https": 443}
FOUND_PORTS = (80, 443)
REDIRECTS = (301, 302, 303, 307, 308)
LONGEST_URL = 2_048
_FAILURES = (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError)


@dataclass(frozen=True, slots=True)
class Caps:
    """For everything that one question costs, its redirects included."""

    seconds: float = 15.0
    bytes: int = 5 << 20
    hops: int = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """`url` is where the answer came from in the end; `content` is unpacked, and not too long."""

    url: str
    status: int
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Egress:
    """`named` are the origins that the settings name."""

    named: frozenset[Origin] = frozenset()
    resolve: Resolve = resolve_host
    caps: Caps = field(default_factory=Caps)
    real: Callable[[], float] = time.monotonic

    def ask_named(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Fetched:
        """Ask a host of the settings, wherever it is; only GET and HEAD follow redirects.

        A redirect to a host that is not named may lead to the public internet only, and takes no
        headers along. Raises NotPermitted, InvalidInput or ProviderFailed, naming the host.
        """
        if origin_of(url) not in self.named:
            host = _read(url).host
            raise NotPermitted(f"The host {host} with this scheme and port is in no setting.")
        return self._ask(url, method, headers or {}, content, trusted=self.named)

    def fetch_found(self, url: str) -> Fetched:
        """GET an address that came from content, a contact or a model.

        Only http and https on their own ports, only hosts of the public internet, also when the
        settings name them. Raises NotPermitted, InvalidInput or ProviderFailed, naming the host.
        """
        return self._ask(url, "GET", {}, b"", trusted=frozenset())

    def _ask(
        self,
        url: str,
        method: str,
        headers: Mapping[str, str],
        content: bytes,
        *,
        trusted: frozenset[Origin],
    ) -> Fetched:
        target = _read(url)
        end = self.real() + self.caps.seconds
        for _ in range(self.caps.hops + 1):
            public = _origin(target) not in trusted
            if public:
                _check_found(target)
            deadline = Deadline(target.host, end, self.real)
            guard = Guard(public, self.resolve, deadline)
            answer, leads_to = _hop(target, method, headers, content, guard, self.caps.bytes)
            if leads_to is None or method not in ("GET", "HEAD"):
                return answer
            following = _joined(target, leads_to)
            if _origin(following) != _origin(target):
                headers = {}
            target = following
        raise ProviderFailed(
            f"The host {_read(url).host} redirects more than {self.caps.hops} times.",
            permanent=True,
        )


def origin_of(url: str) -> Origin:
    """Raises InvalidInput for what is no http or https URL."""
    return _origin(_read(url))


def _read(url: str) -> httpx2.URL:
    try:
        read = httpx2.URL(url) if len(url) <= LONGEST_URL else None
    except (httpx2.InvalidURL, ValueError, TypeError):
        read = None
    if read is None or not read.host or (read.port is not None and not 0 < read.port < 65_536):
        raise InvalidInput(f"{url[:80]!r} is not a web address.", field="url")
    if read.scheme not in PORTS:
        raise InvalidInput(f"{read.scheme!r} is not http or https.", field="url")
    if read.userinfo:
        message = f"The address of {read.host} carries a user or a password: leave them out."
        raise InvalidInput(message, field="url")
    if "%" in read.host:
        raise InvalidInput(f"The host {read.host[:80]} names a zone of this machine.", field="url")
    return read


def _origin(url: httpx2.URL) -> Origin:
    return url.scheme, url.host.rstrip("."), url.port or PORTS[url.scheme]


def _check_found(url: httpx2.URL) -> None:
    port = url.port or PORTS[url.scheme]
    if port not in FOUND_PORTS:
        raise NotPermitted(f"The host {url.host} is asked on port {port}: only 80 and 443 are.")


def _joined(url: httpx2.URL, leads_to: str) -> httpx2.URL:
    try:
        following = _read(str(url.join(leads_to)))
    except (InvalidInput, httpx2.InvalidURL, ValueError) as error:
        message = f"The host {url.host} redirects where nobody may go: {error}"
        raise NotPermitted(message) from None
    if (url.scheme, following.scheme) == ("https", "http"):
        raise NotPermitted(f"The host {url.host} redirects from https to http.")
    return following


def _hop(
    url: httpx2.URL,
    method: str,
    headers: Mapping[str, str],
    content: bytes,
    guard: Guard,
    most: int,
) -> tuple[Fetched, str | None]:
    """One question and its answer, and where a redirect leads."""
    secure = ssl.create_default_context() if url.scheme == "https" else None
    sent = {"Host": url.netloc.decode(), "Accept-Encoding": "gzip", "User-Agent": "Drumbeat"}
    raw = httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=_origin(url)[2], target=url.raw_path
    )
    if content:
        sent["Content-Length"] = str(len(content))
    try:
        with (
            httpcore2.ConnectionPool(ssl_context=secure, network_backend=guard) as pool,
            pool.stream(
                method, raw, headers=list((sent | dict(headers)).items()), content=content
            ) as answer,
        ):
            told = {
                name.decode().lower(): value.decode("latin-1") for name, value in answer.headers
            }
            if answer.status in REDIRECTS and "location" in told:
                return Fetched(str(url), answer.status, "", b""), told["location"]
            encoding = told.get("content-encoding", "")
            body = b"".join(_unpacked(url.host, answer.iter_stream(), encoding, most))
    except _FAILURES as error:
        guard.deadline.left()  # what ended in time is told by why, what did not by that
        reason = str(error) or type(error).__name__
        raise ProviderFailed(
            f"The host {url.host} cannot be asked: {reason}.", permanent=False
        ) from None
    return Fetched(str(url), answer.status, told.get("content-type", ""), body), None


def _unpacked(host: str, chunks: Iterator[bytes], encoding: str, most: int) -> Iterator[bytes]:
    """Never more than `most` bytes, packed or not: a bomb is put down before it has grown."""
    if encoding.lower() not in ("", "identity", "gzip"):
        message = f"The host {host} answers in an encoding that was not asked for."
        raise ProviderFailed(message, permanent=True)
    unpack = zlib.decompressobj(wbits=31) if encoding.lower() == "gzip" else None
    taken = given = 0
    for chunk in chunks:
        taken += len(chunk)
        try:
            plain = chunk if unpack is None else unpack.decompress(chunk, most - given + 1)
        except zlib.error:
            raise ProviderFailed(
                f"The host {host} sent a damaged answer.", permanent=False
            ) from None
        given += len(plain)
        if max(taken, given) > most:
            message = f"The host {host} answers with more than {most:,} bytes."
            raise ProviderFailed(message, permanent=True)
        yield plain
    if unpack is not None and taken and not unpack.eof:
        raise ProviderFailed(f"The host {host} ended in the middle of its answer.", permanent=False)
