"""A contract server for DNS: answers over UDP what a test's zone says, and nothing else.

No name server: it proves how Drumbeat asks and what it makes of an answer.
"""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

Zone = Mapping[str, Mapping[str, Sequence[str]]]
"""By name, by type: what is there, as a zone file writes it; an absent name does not exist."""


def answer_to(question: bytes, zone: Zone) -> bytes:
    asked = dns.message.from_wire(question)
    reply = dns.message.make_response(asked)
    [query] = asked.question
    found = zone.get(query.name.to_text(omit_final_dot=True).lower())
    if found is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()
    values = found.get(dns.rdatatype.to_text(query.rdtype), ())
    if values:
        rdata = [dns.rdata.from_text(query.rdclass, query.rdtype, value) for value in values]
        reply.answer.append(dns.rrset.from_rdata_list(query.name, 60, rdata))
    return reply.to_wire(max_size=65_535)


@contextmanager
def name_server(zone: Zone, *, silent: bool = False) -> Iterator[str]:
    """Yields the setting that names it; `silent` hears and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                question, sender = listening.recvfrom(65_535)
                if not question:
                    return
                if not silent:
                    listening.sendto(answer_to(question, zone), sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        host, port = listening.getsockname()
        try:
            yield f"{host}:{port}"
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"", (host, port))
            thread.join()
