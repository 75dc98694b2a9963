"""The API: thin routes over commands and queries; its document is served at `/openapi.json`.

`app.py` is the table of contents. A route says in its signature what it takes and gives; `calls/` makes an endpoint of it.
`web/` is the kit below. One table, `documents/problems.py`, ties every refusal to a status. docs/ARCHITECTURE.md has the map.
"""
