"""The console: a page for people, and a client of the API like any other. The server serves what `console/build.py` has built.

Without a build, `/` says where things are, and everything else works.
"""

import mimetypes
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from groupchat.http.documents.pages import page
from groupchat.http.web.reply import JSON, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.http.web.resource import Responder
from groupchat.values.errors import NotFoundError

BUILT = Path(str(files("groupchat"))) / "console"
"""The folder into which the build puts the page."""
DOCS = "/console/docs"
"""The path below which the interactive documentation finds its files, if they were built too."""
_INDEX = "index.html"
_FOR_EVER = b"public, max-age=31536000, immutable"
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "
    b"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Only scripts and styles of this site run, and no text that people wrote becomes markup."""
_PLACES = {"api": "/openapi.json", "documentation": "/docs", "problems": "/problems", "health": "/healthz", "ready": "/readyz"}
_NOT_BUILT = (
    "<h1>groupchat</h1><p>This is a groupchat server. The console has not been built: run <code>python -m console.build</code>, "
    'which needs Node.js packages from npm.</p><p>The API is documented at <a href="/docs">/docs</a>.</p>'
)


def has_docs(built: Path = BUILT) -> bool:
    """Return whether the build has the files that the interactive documentation needs."""
    return (built / "docs" / "swagger-ui-bundle.js").is_file()


def console(built: Path = BUILT) -> dict[str, Responder]:
    """Return the responders to a GET of the page, and of the files that it needs."""
    found = cache(lambda: _read(built))

    async def root(incoming: Incoming) -> Reply:
        if b"text/html" not in incoming.headers.get(b"accept", b""):
            return Reply(200, encode_json(_PLACES), JSON)
        return _reply(found(), _INDEX, incoming) if _INDEX in found() else page("groupchat", _NOT_BUILT)

    async def file(incoming: Incoming) -> Reply:
        name = incoming.scope["path_params"]["file"]
        if name not in found():
            msg = "There is no such file."
            raise NotFoundError(msg)
        return _reply(found(), name, incoming)

    return {"/": root, "/console/{file}": file}


def _read(built: Path) -> Mapping[str, bytes]:
    """Return all files by name. The build has compressed each into another with `.gz` at its end."""
    return {path.relative_to(built).as_posix(): path.read_bytes() for path in built.rglob("*") if path.is_file()}


def _reply(found: Mapping[str, bytes], name: str, incoming: Incoming) -> Reply:
    takes_gzip = f"{name}.gz" in found and b"gzip" in incoming.headers.get(b"accept-encoding", b"")
    headers = [
        (b"cache-control", _FOR_EVER if name.startswith("assets/") else b"no-cache"),
        (b"vary", b"accept, accept-encoding"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
    ]
    if name == _INDEX:
        headers.append((b"content-security-policy", _POLICY))
    if takes_gzip:
        headers.append((b"content-encoding", b"gzip"))
    type_ = mimetypes.guess_type(name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if type_.startswith("text/") else ""
    return Reply(200, found[f"{name}.gz" if takes_gzip else name], f"{type_}{charset}".encode(), tuple(headers))
