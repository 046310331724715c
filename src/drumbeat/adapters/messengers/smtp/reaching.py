"""Whether a mail server lets us in, tried out: greet, encrypt, log in, say goodbye."""

import asyncio

from drumbeat.adapters.messengers.smtp.protocol import NotWelcome
from drumbeat.adapters.messengers.smtp.server import SmtpServer
from drumbeat.adapters.messengers.smtp.transport import open_connection, tls_context
from drumbeat.adapters.messengers.smtp.wire import Lost


def reach(server: SmtpServer) -> str:
    """Why it does not work, in words that name the server; "" when it does. No mail is sent."""
    return asyncio.run(_reach(server))


async def _reach(server: SmtpServer) -> str:
    try:
        connection = await open_connection(server, tls_context(server))
    except (Lost, NotWelcome) as problem:
        return f"{server.host}:{server.port} {problem}"
    await connection.close(politely=True)
    return ""
