# groupchat's commands; `make` alone lists them. PYTHON=/path/to/python selects the Python that creates .venv.
.POSIX:
.SUFFIXES:
.PHONY: help run check style test fetched jars chaos soak manipulations bench docs kafka lock clean

BIN = .venv/bin
PORT = 8000
MINUTES = 10
# The rules: what is wrong with a change most often fails here.
FAST = tests/aggregates tests/values
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check install
UV = uv==0.13.9
UV_COMPILE = build/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" pyproject.toml

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F '|' '{ printf "%-18s %s\n", $$1, $$2 }'

run: .venv/runtime ## serve a small demo workspace with the simulated carrier, and the console, on PORT=8000
	-@$(BIN)/python -m console.build
	@$(BIN)/groupchat demo --port $(PORT)

console: .venv/runtime ## serve the console on 127.0.0.1:5173 with hot reload, for a server on PORT=8000
	@$(BIN)/python -m console.build --serve http://127.0.0.1:$(PORT)

pictures: .venv/dev ## take the pictures of the documentation from the console
	@GROUPCHAT_PICTURES=docs/pictures $(BIN)/pytest -q tests/console/test_pictures.py

check: style ## check style, types and layers, then run the fast tests: in less than a minute
	@$(BIN)/pytest -q -n 2 -k "not postgres" $(FAST)

style: .venv/dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: ## check style, types and layers, then run all tests
	@$(MAKE) -j 2 .venv/dev jars
	@$(MAKE) -j 2 style fetched
	@$(BIN)/pytest -n 4 --dist worksteal

# What the tests need from Maven, npm and others. Types are checked meanwhile; a test whose part is missing says so.
fetched: .venv/dev jars
	-@$(BIN)/python -m console.build
	-@$(BIN)/python -m tests.support.s3
	-@$(BIN)/python -m asyncapi.parser
	-@$(BIN)/python -m openapi.tools

# What they need of it that needs no package of Python. Python's packages are installed meanwhile.
jars: .venv/made
	-@$(BIN)/python kafka/broker.py --install
	-@cd tests/proof/go && go mod download

chaos: .venv/dev ## kill processes within sends, hand 100,000 messages to carriers in trouble, kill relays and brokers; print what arrived
	@rm -rf build/chaos && mkdir -p build/chaos
	@PYTHONPATH=src:. $(BIN)/python -m tests.races.send_kills 'sqlite:///build/chaos/kills-{carrier}.db'
	@PYTHONPATH=src:. $(BIN)/python -m tests.carriers.send_trials build/chaos 100000
	@PYTHONPATH=src:. $(BIN)/python -m tests.races.relay_trials sqlite:///build/chaos/trials.db 200

manipulations: .venv/dev ## change a stored log at random, 1,000 times in each of 12 ways; print how many changes are found
	@rm -rf build/manipulations && mkdir -p build/manipulations
	@PYTHONPATH=src:. $(BIN)/python -m tests.proof.manipulations build/manipulations 1000

soak: .venv/dev ## run mixed load with kills for MINUTES=10, and check that nothing is lost; writes build/soak.json and soak.svg
	@$(BIN)/python bench/soak.py $(MINUTES)

bench: .venv/dev ## compare our speed with bare alternatives; writes build/bench.json
	@$(BIN)/python bench/run.py

docs: .venv/dev ## build the site of the documentation; writes build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "Open build/site/index.html. Its search needs a web server: $(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site"

kafka: .venv/made ## run Apache Kafka on 127.0.0.1:9092 (needs a JDK and mvn); stop with Ctrl-C
	@$(BIN)/python kafka/broker.py

lock: build/lock/bin/uv ## update requirements.txt and requirements-dev.txt to the newest versions that pyproject.toml allows
	@$(UV_COMPILE) --extra build --output-file requirements.txt
	@$(UV_COMPILE) --extra build --extra dev --constraint requirements.txt --output-file requirements-dev.txt

clean: ## remove everything that make has created, except databases
	@rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Shows the progress of an installation: pip is silent for a minute, or writes hundreds of lines.
SHOW_PROGRESS = awk -v all="$$(grep -c '^[a-z].*==' $$file)" ' \
	/^failed$$/ { failed = 1 } \
	/^(Collecting|Ignoring) / { printf "\r  %d of %d packages", ++count, all; fflush() } \
	/^Installing collected/ { printf "\r  %d of %d packages, unpacking them\n", all, all; fflush() } \
	END { exit failed }'
INSTALL = { $(BIN)/python -m pip --disable-pip-version-check install --no-compile --require-hashes --requirement $$file || echo failed; } \
	| $(SHOW_PROGRESS)
# pip would compile with one core. What can't be compiled here is compiled when it is first loaded.
COMPILE = $(BIN)/python -m compileall -qq -j 0 .venv/lib || true

# Stamps: an installation is kept until the files that it depends on change.
.venv/made:
	@for python in $${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Creating .venv with $$($$python --version)"; \
			"$$python" -m venv --clear .venv && touch $@ && exit 0; \
			echo "$$python can't create a virtual environment. Install its venv module (Debian: python3-venv)." >&2; \
			exit 1; \
		fi; \
	done; \
	echo "groupchat needs Python 3.11 or newer, but $${PYTHON:-python3} is not. Install it, or run make PYTHON=/path/to/python3" >&2; \
	exit 1

.venv/runtime: .venv/made requirements.txt pyproject.toml
	@echo "Installing groupchat and its dependencies, which takes a minute the first time"
	@file=requirements.txt; $(INSTALL)
	@$(COMPILE)
	@$(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip --quiet check
	@touch $@

.venv/dev: .venv/made requirements-dev.txt pyproject.toml
	@echo "Installing groupchat, its dependencies, and the test tools, which takes a few minutes the first time"
	@file=requirements-dev.txt; $(INSTALL)
	@$(COMPILE)
	@$(PIP) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip --quiet check
	@touch $@ .venv/runtime

build/lock/bin/uv: .venv/made
	@$(BIN)/python -m venv --clear build/lock
	@build/lock/bin/python -m pip --quiet --disable-pip-version-check install $(UV)
	@touch $@
