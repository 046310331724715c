# The two commands: `make demo` and `make test`. Needs Python 3.11 or newer, git and make.
.PHONY: demo test check setup setup-dev serve screenshots clean
.DEFAULT_GOAL := demo

# The tests that need neither processes nor time: `make check` runs these, `make test` all.
QUICK = tests/architecture tests/docs tests/kit tests/science

demo: setup ; @.venv/bin/drumbeat demo

test: setup-dev ; @.venv/bin/python -m pytest -q -rs -n auto

check: setup-dev
	@.venv/bin/ruff format --check src tests benchmarks scripts
	@.venv/bin/ruff check src tests benchmarks scripts
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-cache
	@.venv/bin/python -m pytest -q -n auto -m "not slow" $(QUICK)

serve: setup ; @.venv/bin/drumbeat serve

screenshots: setup-dev ; @.venv/bin/python -m scripts.screenshots

setup: ; @sh scripts/setup.sh --no-dev
setup-dev: ; @sh scripts/setup.sh

clean: ; rm -rf .venv .bootstrap
