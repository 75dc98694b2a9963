"""HTTP: thin routes over the commands and projections; `docs` of the contract are served at `/openapi.json`.

A route says in its signature what it takes and gives; `endpoint.py` makes of it what parses, answers and documents. One table,
`problems.py`, ties every refusal to a status.
"""
