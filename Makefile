# The habits of the project. `make help` lists them; the continuous integration runs the same ones.
# Nothing is needed but Python 3 and make: tools/bootstrap brings the rest into this folder.

.DEFAULT_GOAL := help
BIN := .venv/bin
STAMP := .venv/.stamp
CODE := $(sort $(patsubst %/,%,$(dir $(wildcard tools/*.py bench/*.py)))) src tests
MEASURES = $(sort $(filter-out bench/_% bench/__init__.py,$(wildcard bench/*.py)))
OFFICE := src/lienthong/office
# Whatever names a class or is built in, so that style sheets hold what is used and nothing else; and the settings,
# which name the applications whose files are collected.
ASSETS := $(OFFICE)/static/.stamp
ASSET_SOURCES := $(shell find $(OFFICE) \( -name node_modules -o -name static -o -name __pycache__ \) -prune -o -type f \
  \( -path '$(OFFICE)/assets/*' -o -path '$(OFFICE)/settings.py' -o -name '*.html' -o -name 'forms*.py' -o -path '*/templatetags/*.py' \) -print 2>/dev/null)
# Tests that take next to no branch which the coverage gate counts: they run without being measured.
UNMEASURED := tests/kernel tests/office tests/profiles tests/signatures
GENERATORS = $(sort $(wildcard tools/generate_*.py))
# Some machines are set up to keep no compiled modules; here hundreds of processes import the same ones.
export PYTHONDONTWRITEBYTECODE :=
# Passed on by demo, test, fuzz, bench and lock, such as ARGS='--headless --json'.
ARGS ?=

.PHONY: help
help: ## List what make can do here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@echo "  ARGS='…'         passed on by demo, test, fuzz, bench and lock: make demo ARGS='--headless --json'"

.PHONY: demo
demo: $(STAMP) $(ASSETS) ## Run the main job: a sealed directive to every organ and its receipts, and the office beside it
	@$(BIN)/lienthong demo $(ARGS)

.PHONY: test
test: $(STAMP) $(ASSETS) ## Run all tests on all cores and the coverage gate; with ARGS only those tests, without the gate
	@tools/system-packages softhsm2 curl openssl openjdk-17-jre-headless chromium poppler-utils libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui
ifeq ($(strip $(ARGS)),)
	@# The gate is about what guards the exchange and judges records: tests of other rooms are not slowed down by it.
	@status=0; \
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder --cov --cov-report=json $(addprefix --ignore=,$(UNMEASURED)) || status=$$?; \
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(UNMEASURED) || status=$$?; \
	$(BIN)/python tools/coverage_gate.py || status=$$?; \
	exit $$status
else
	@$(BIN)/pytest $(ARGS)
endif

.PHONY: assets
assets: $(ASSETS) ## Build style sheets, scripts, icons and fonts of the office's pages from locked npm packages

.PHONY: screenshots
screenshots: $(ASSETS) ## Run an office and take the pictures of docs/screenshots
	@tools/system-packages chromium
	@PYTHONPATH=. $(BIN)/python tools/screenshots.py $(ARGS)
	@# Those of a document are taken where it walks its way through the whole demo.
	@$(BIN)/pytest -q tests/office/browser/test_browser_documents.py
	@cp build/walk/09-receipts.png docs/screenshots/document.png
	@cp build/walk/04-sign.png docs/screenshots/sign.png

.PHONY: lint
lint: $(STAMP) ## Check style, format, the layers between the rooms, links, translations and migrations
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python tools/check_docs.py
	@PYTHONPATH=. $(BIN)/python tools/generate_messages.py --check
	@PYTHONPATH=. $(BIN)/python tools/check_migrations.py

.PHONY: types
types: $(STAMP) ## Check the types
	@$(BIN)/mypy $(CODE)

.PHONY: fuzz
fuzz: $(STAMP) ## Fuzz every decoder for half a minute each; ARGS='--seconds 600 seal' for one, and longer
	@tools/bootstrap fuzz
	@$(BIN)/python -m tools.fuzz $(ARGS)

.PHONY: bench
bench: $(STAMP) ## Measure; rows also go to build/bench/NAME.json; ARGS=--quick for under a minute each
	@tools/system-packages nginx-light wrk
	@tools/bootstrap labelled
	@mkdir -p build/bench
	@for file in $(MEASURES); do \
	  echo "== $$file"; \
	  $(BIN)/python $$file --json build/bench/$$(basename $$file .py).json $(ARGS) || exit 1; \
	done

.PHONY: docs
docs: $(STAMP) ## Regenerate what is generated in docs/ and check the links
	@for file in $(GENERATORS); do echo "== $$file"; PYTHONPATH=. $(BIN)/python $$file || exit 1; done
	@$(BIN)/python tools/check_docs.py

.PHONY: format
format: $(STAMP) ## Rewrite the code in the one format
	@$(BIN)/ruff check --fix --exit-zero --quiet $(CODE)
	@$(BIN)/ruff format $(CODE)

.PHONY: lock
lock: ## Write requirements.lock after a change of pyproject.toml; ARGS=--upgrade for the newest versions
	@tools/bootstrap lock $(ARGS)

.PHONY: clean
clean: ## Remove everything that make brought or made
	@rm -rf .venv .uv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(ASSETS): $(STAMP) $(ASSET_SOURCES) tools/build_assets.py
	@$(BIN)/python tools/build_assets.py
	@mkdir -p $(@D) && touch $@

$(STAMP): requirements.lock pyproject.toml tools/bootstrap .python-version
	@tools/bootstrap
