"""The API: thin routes over commands and queries; its document is served at `/openapi.json`.

`app.py` is the table of contents. A route's signature gives its input and output, from which `calls/` makes an endpoint. `web/` is
the kit below. One table, `documents/problems.py`, maps every refusal to a status. docs/ARCHITECTURE.md has the map.
"""
