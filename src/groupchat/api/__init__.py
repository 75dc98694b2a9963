"""A client of the HTTP API for other programs, for threads and for asyncio (docs/integrate.md).

It needs httpx and msgspec, and nothing else of groupchat. Its methods and types are made from the OpenAPI document.
"""

from groupchat.api import events, types
from groupchat.api.client import AsyncClient, Client
from groupchat.api.exchange import Retry
from groupchat.api.problems import Fault, ProblemError
from groupchat.api.stored import UnknownEvent

__all__ = ["AsyncClient", "Client", "Fault", "ProblemError", "Retry", "UnknownEvent", "events", "types"]
