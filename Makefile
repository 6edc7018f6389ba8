# Each target does its whole set-up: a virtual environment in .venv, the install, then the job.
# `make demo` and `make test` need nothing but Python 3.11 or newer and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Six workers, on two cores too: half of what the suite does is waiting for SSH sessions, and with as many
# workers as cores it takes half as long again.
PYTEST_ARGS ?= -n 6 --dist worksteal
# The versions that are installed, so that no release of a package makes red what was green: `make clean`, then
# `make test LOCK=` takes the newest that pyproject.toml allows, and `make lock` writes it anew.
LOCK ?= requirements-dev.lock
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check
# The tests start many programs; where nothing compiled is kept, as containers like to ask, each compiles it all.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest $(PYTEST_ARGS)

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types arch unit coverage bench mock pages pages-check snapshots picture docs nightly wheel readers mutants model lock sbom audit-deps findings clean venv

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# A virtual environment that another Python made, or that did not become whole, is made anew: half a one
# would fail every later try.
venv:
	@$(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { rm -rf $(VENV); \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "asa-transport needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || \
	echo not there): install one (apt install python3, dnf install python3.11), then 'make demo PYTHON=python3.11'" >&2; \
	exit 1; }; \
	$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	echo "'$(PYTHON)' has no module venv or ensurepip: install it (apt install python3-venv), then 'make demo'" >&2; \
	exit 1; }; \
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; }

# pip checks no hash where it installs a folder, and refuses constraints that have some: what only runs the program
# takes the versions of the lock.  The second variable is how a newer pip hears of them while it builds.
$(VENV)/.demo: pyproject.toml $(LOCK) | venv
	@sed -n 's/ *\\$$//; /==/p' /dev/null $(LOCK) >$(VENV)/constraints.txt
	@PIP_CONSTRAINT=$(VENV)/constraints.txt PIP_BUILD_CONSTRAINT=$(VENV)/constraints.txt $(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml $(LOCK) | venv
ifeq ($(LOCK),)
	@$(PIP_INSTALL) --editable '.[dev,docs]'
else
	@$(PIP_INSTALL) --require-hashes --requirement $(LOCK)
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip --disable-pip-version-check check >/dev/null || { $(BIN)/python -m pip check >&2; \
	echo "$(LOCK) is not what pyproject.toml asks for: 'make lock' writes it anew" >&2; exit 1; }
endif
	@touch $(VENV)/.demo $@

demo: $(VENV)/.demo ## Audit a mock fleet on this machine over real SSH; no hardware
	@$(BIN)/asa-transport demo

mock: $(VENV)/.demo ## Serve the mock fleet until Ctrl-C, for inventory.example.yaml
	@$(BIN)/python -m mock_devices

test: $(VENV)/.dev ## Run every check: format, lint, types, architecture, made pages, tests
	@$(MAKE) --no-print-directory lint types arch pages-check unit

check: test ## The same

lint: $(VENV)/.dev ## Format and lint
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .

types: $(VENV)/.dev ## mypy --strict
	@$(BIN)/mypy --strict

arch: $(VENV)/.dev ## Who may import whom; prints floors, climbing imports and circles
	@$(BIN)/lint-imports --no-cache >build-arch.log 2>&1 || { cat build-arch.log; rm -f build-arch.log; exit 1; }
	@rm -f build-arch.log
	@$(BIN)/python -m tools.arch

unit: $(VENV)/.dev ## The tests
	@$(PYTEST)

coverage: $(VENV)/.dev ## The tests, with the branches that they take; takes longer
	@$(PYTEST) --cov --cov-report=term:skip-covered

bench: $(VENV)/.dev ## Measure P1-P9 beside the peers and write docs/performance.md; half an hour
	@$(BIN)/python -m tests.benchmarks --output docs/performance.md $(BENCH_ARGS)

pages: $(VENV)/.demo ## Write what is made from the code: rules, formats, schemas, the manual page
	@$(BIN)/python -m tools.pages

pages-check: $(VENV)/.demo
	@$(BIN)/python -m tools.pages --check

snapshots: $(VENV)/.dev ## Write anew what the tests compare whole: every help, schema and format, and golden outputs
	@$(BIN)/python -m tests.golden.golden
	@$(BIN)/python -m tests.captures.bundles
	@$(BIN)/python -m tests.golden.write_snapshots

docs: $(VENV)/.dev ## Build the pages of docs/ as a site in build/docs; a broken link is an error
	@$(BIN)/zensical build --strict --clean
	@$(BIN)/python -m tests.site build/docs

picture: $(VENV)/.dev ## Show today's demo fleet in the README: its transcript, and docs/images/report.png with chromium
	@$(BIN)/python -W ignore -m tests.picture

nightly: $(VENV)/.dev ## Follow docs/nightly.md as root on a machine in memory, and print what happens; half a minute
	@$(BIN)/python -m tests.nightly.page

readers: $(VENV)/.dev ## Ask the programs that read our files what they make of them; installs them into build/readers
	@$(BIN)/python -m tests.readers.installs
	@# 5: no test, where none could be installed.
	@$(BIN)/python -m pytest -q tests/readers || [ $$? -eq 5 ]

# Beside the packages of the tests, in a folder of its own: what is installed in .venv is held by its lock.
build/mutants/.made: requirements-dev.lock
	@$(PYTHON) -m venv --clear build/mutants
	@build/mutants/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --requirement $<
	@build/mutants/bin/python -m pip install -qq --disable-pip-version-check 'mutmut>=3.8,<4'
	@touch $@

# What was tried is remembered in build/mutants/tree: the next run tries what has changed.
mutants: build/mutants/.made ## Change the rules, plans, pushes and the allow list bit by bit: do the tests notice? hours; MUTANTS='*.planning.*'
	@mkdir -p build/mutants/tree
	@tar -c --exclude='./.*' --exclude=./build --exclude=./dist . | tar -x -C build/mutants/tree
	@cd build/mutants/tree && ../bin/mutmut run $(MUTANTS) && ../bin/mutmut results | sed '/: not checked$$/d'
	@$(PYTHON) -m tools.mutants build/mutants/tree/mutants

model: $(VENV)/.dev ## Look at every state of a model of the push, deeper than the tests do: minutes
	@$(BIN)/python -m tests.model_push

# The tools are in a folder of their own: what is installed beside the program would be in its list.
build/tools/.made: requirements-tools.lock
	@$(PYTHON) -m venv --clear build/tools
	@build/tools/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

wheel: build/tools/.made ## Build dist/, wheel and source archive; check-wheel-contents, twine and validate-pyproject must pass
	@rm -f dist/asa_transport-*
	@build/tools/bin/python -m hatchling build -d dist
	@build/tools/bin/check-wheel-contents dist/asa_transport-*.whl
	@build/tools/bin/twine --no-color check --strict dist/asa_transport-*
	@build/tools/bin/validate-pyproject pyproject.toml

COMPILE := build/tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url

lock: build/tools/.made ## Write anew the versions and hashes of .venv, the container and the tools; LOCK_ARGS=--upgrade for newer ones
	@$(COMPILE) pyproject.toml --all-extras -o requirements-dev.lock $(LOCK_ARGS)
	@$(COMPILE) pyproject.toml --extra postgres --extra distributed --constraint requirements-dev.lock \
	-o contrib/container/requirements.lock $(LOCK_ARGS)
	@$(COMPILE) --group tools --group readers -o requirements-tools.lock $(LOCK_ARGS)

audit-deps: $(VENV)/.dev ## Ask whether a version of the lock has a known vulnerability; ADVISORIES=FILE where no service is reached
	@$(MAKE) --no-print-directory build/tools/.made >/dev/null 2>&1 || true
	@$(BIN)/python -m tools.audit_deps --pip-audit build/tools/bin/pip-audit $(if $(ADVISORIES),--advisories $(ADVISORIES))

sbom: build/tools/.made ## Write build/asa-transport.cdx.json: what an install brings (CycloneDX 1.6), by the container's lock
	@rm -rf build/installed && $(PYTHON) -m venv --without-pip build/installed
	@build/tools/bin/uv pip install -q --python build/installed/bin/python --require-hashes -r contrib/container/requirements.lock
	@build/tools/bin/uv pip install -q --python build/installed/bin/python --no-deps .
	@build/tools/bin/uv pip check -q --python build/installed/bin/python
	@sed "s/^dynamic = .*/version = \"$$(sed -n 's/^__version__ = \"\(.*\)\"/\1/p' asa_transport/_version.py)\"/" pyproject.toml \
	>build/pyproject.toml
	@build/tools/bin/cyclonedx-py environment build/installed/bin/python --pyproject build/pyproject.toml \
	--output-reproducible --sv 1.6 --validate -o build/asa-transport.cdx.json
	@$(PYTHON) -c 'import json; sbom = json.load(open("build/asa-transport.cdx.json")); main = sbom["metadata"]["component"]; \
	print("build/asa-transport.cdx.json:", main["name"], main["version"], "and", len(sbom["components"]), "packages")'

findings: ## Show each surprise of findings/ again: real libraries, in a folder of their own
	@for one in findings/*.sh; do echo "$$one"; bash "$$one" || exit 1; done

clean: ## Remove the virtual environment and what was built
	rm -rf $(VENV) build dist .mock .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
