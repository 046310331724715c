"""Asks DNS what a domain publishes: the server that settings name, else the system's."""

from collections.abc import Iterable
from dataclasses import dataclass

import dns.exception
import dns.resolver
from dns.rdtypes.txtbase import TXTBase

from drumbeat.marketing.senders.ports import Found, Published, Unasked

_NOTHING_THERE = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


@dataclass(frozen=True)
class NameServers:
    """`place` is address and port of the one server to ask. Implements `DomainRecords`."""

    place: tuple[str, int] | None = None
    seconds: float = 4.0

    def texts(self, name: str) -> Found:
        answer = self._ask(name, "TXT")
        if isinstance(answer, Unasked):
            return answer
        joined = (b"".join(each.strings) for each in answer if isinstance(each, TXTBase))
        return Published(tuple(text.decode("utf-8", "replace") for text in joined))

    def addresses(self, name: str) -> Found:
        found: list[str] = []
        for kind in ("A", "AAAA"):
            answer = self._ask(name, kind)
            if isinstance(answer, Unasked):
                return answer
            found += map(str, answer)
        return Published(tuple(found))

    def _ask(self, name: str, kind: str) -> Iterable[object] | Unasked:
        try:
            resolver = dns.resolver.Resolver(configure=self.place is None)
            if self.place is not None:
                resolver.nameservers = [self.place[0]]
                resolver.port = self.place[1]
            return resolver.resolve(name, kind, lifetime=self.seconds, search=False)
        except _NOTHING_THERE:
            return ()
        except dns.exception.DNSException as error:
            return Unasked(f"DNS gave no answer about {name} ({type(error).__name__})")
        except OSError as error:
            return Unasked(f"DNS cannot be asked: {error.strerror or type(error).__name__}")
