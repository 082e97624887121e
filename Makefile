# `make score` runs the whole pipeline on the embedded default; `make test` runs the tests. Both make .venv first.
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
RUN := PATH="$(CURDIR)/$(VENV)/bin:$$PATH" OMP_WAIT_POLICY=passive

.PHONY: score test lint env lock plots clean

score: env
	@$(RUN) snakemake --cores all results/score.json results/report.html

test: env lint
	@$(RUN) python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: env
	@$(RUN) ruff check . && $(RUN) ruff format --check . && $(RUN) snakefmt --check Snakefile workflow

env: $(VENV)/installed-requirements.txt
	@git rev-parse --git-dir >/dev/null 2>&1 || { echo "error: not a git repository; DVC records results in git: run 'git init && git add -A && git commit -m start' here first"; exit 1; }

# Stale when the lists of packages differ from what was installed. torch is pinned but not hashed: its CPU
# build, its CUDA build and what that one needs from nvidia are other files on other machines.
$(VENV)/installed-requirements.txt: requirements.txt requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is older than 3.11; name another: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "error: no venv module; on Debian: apt-get install python3-venv"; exit 1; }
	@$(PIP) --require-hashes --no-deps -r requirements.lock
	@$(PIP) $(shell grep -E '^(torch|torchvision)==' requirements.txt)
	@$(PIP) --no-deps --no-build-isolation -e .
	@cp requirements.txt $@

# Every package that requirements.txt needs, with version and hashes. Run it after a change there, and commit both.
lock:
	@$(PYTHON) -m venv $(VENV)/lock
	@$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	@$(VENV)/lock/bin/uv pip compile requirements.txt --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-package torch --no-emit-package torchvision --custom-compile-command "make lock" \
		--output-file requirements.lock

# `dvc plots show` draws without a network from then on.
plots: env
	@$(RUN) python -m bettersynth.experiments.report.plots_page

clean:
	rm -rf $(VENV) .snakemake
