# `make score` runs the whole pipeline on the embedded default; `make test` runs the tests. Both make .venv first.
PYTHON ?= python3
VENV := .venv
RUN := PATH="$(CURDIR)/$(VENV)/bin:$$PATH" OMP_WAIT_POLICY=passive

.PHONY: score test lint env clean

score: env
	@$(RUN) snakemake --cores all results/score.json results/report.html

test: env lint
	@$(RUN) python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: env
	@$(RUN) ruff check . && $(RUN) ruff format --check . && $(RUN) snakefmt --check Snakefile workflow

env: $(VENV)/installed-requirements.txt
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "error: not a git repository; DVC records results in git: run 'git init && git add -A && git commit -m start' here first"; exit 1; }

# Stale when requirements.txt differs from what was installed.
$(VENV)/installed-requirements.txt: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is older than 3.11; name another: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "error: no venv module; on Debian: apt-get install python3-venv"; exit 1; }
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@cp requirements.txt $@

clean:
	rm -rf $(VENV) .snakemake
