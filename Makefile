# Two commands do everything on a fresh machine: `make run` and `make test`.
#
# `make env` makes .venv/ with pinned packages, and installs the system libraries that a screen needs
# where they are missing and the right to install them is there (Debian and its kin). It is done once
# and again when pyproject.toml or constraints.txt change.

.DEFAULT_GOAL := run
.PHONY: run test env check bench soak fuzz pictures bank clean

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.ready
OUT := out

env: $(STAMP)

$(STAMP): pyproject.toml constraints.txt tools/system_packages.sh tools/find_python.sh
	@sh tools/system_packages.sh
	@python="$$(sh tools/find_python.sh)" && "$$python" -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1" -c constraints.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt --editable . --group dev
	@$(PY) -m compileall -q voxviewer
	@touch $@

run: $(STAMP)
	@sh tools/with_screen.sh $(OUT) $(PY)

# Warnings of the checks are errors; window tests run on a virtual screen.
check: $(STAMP)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

test: check
	@$(PY) tools/run_tests.py $(TESTS)

bench: $(STAMP)
	@for file in benchmarks/conv3d.py benchmarks/bench_*.py; do echo "== $$file"; sh tools/virtual_screen.sh $(PY) $$file || exit 1; done

soak: $(STAMP)
	@sh tools/virtual_screen.sh $(PY) benchmarks/soak.py

fuzz: $(STAMP)
	@$(PY) benchmarks/fuzz.py

pictures: $(STAMP)
	@sh tools/virtual_screen.sh $(PY) tools/pictures.py

# Train the shipped filters again and compare; KEEP=1 puts them in place.
bank: $(STAMP)
	@$(PY) tools/remake_bank.py $(if $(KEEP),--keep)

clean:
	rm -rf $(VENV) $(OUT) build dist .pytest_cache .mypy_cache .ruff_cache
