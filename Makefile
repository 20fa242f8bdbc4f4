# Two commands for everybody: `make demo` shows the platform, `make test` tests everything.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet
NPM := $(shell command -v npm 2>/dev/null)
WEB := .venv/.web
DEV := .venv/.dev
ENGINES := .venv-engines/.test
ASSETS := var/vendor/.done
MESSAGES := $(wildcard src/gongzao/web/*/locale/*/LC_MESSAGES/django.po)
MO := $(MESSAGES:.po=.mo)
export PYTHONUTF8 = 1

.PHONY: demo test coverage test-engines gates lint types contracts django format lock clean

demo: $(WEB) $(ASSETS) $(MO)
	$(BIN)/gongzao demo

test: $(DEV) $(ASSETS) $(MO)
	$(BIN)/python -m pytest -n 2 --dist loadscope

coverage: $(DEV) $(ASSETS) $(MO)
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report --skip-covered --show-missing

# The engines' tests where the web extra is not installed.
test-engines: $(ENGINES)
	.venv-engines/bin/python -m pytest -W "ignore:Unknown config option" tests --ignore tests/web

gates: lint types contracts django

lint: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(DEV)
	$(BIN)/mypy

contracts: $(DEV)
	$(BIN)/lint-imports

django: $(DEV) $(ASSETS) $(MO)
	$(BIN)/gongzao-manage makemigrations --check --dry-run
	$(BIN)/gongzao-manage check --deploy --fail-level WARNING

format: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:
	tools/lock.sh

clean:
	rm -rf .venv .venv-engines node_modules

$(WEB): requirements/build.txt requirements/web.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r requirements/build.txt
	$(PIP) --require-hashes -r requirements/web.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(DEV): $(WEB) requirements/dev.txt
	$(PIP) --require-hashes -r requirements/dev.txt
	touch $@

$(ENGINES): requirements/build.txt requirements/test.txt pyproject.toml
	$(PYTHON) -m venv .venv-engines
	.venv-engines/bin/pip --disable-pip-version-check install --quiet --require-hashes -r requirements/build.txt
	.venv-engines/bin/pip --disable-pip-version-check install --quiet --require-hashes -r requirements/test.txt
	.venv-engines/bin/pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(ASSETS): $(WEB) package-lock.json tools/assets.py
	$(if $(NPM),,$(PIP) --require-hashes -r requirements/node.txt)
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	$(BIN)/python tools/assets.py
	touch $@

%.mo: %.po $(WEB)
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
