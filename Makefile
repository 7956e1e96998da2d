# Two commands do everything: `make run` and `make test`.

PYTHON ?= python3
VENV ?= .venv
# Side by side on two cores, each with one of them; tests/conftest.py says what stays together.
ONE_CORE := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
PYTEST := $(ONE_CORE) $(VENV)/bin/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check

.PHONY: run test test-fast test-numbers torture check catalogue lock screenshots clean

run: $(VENV)/run.done
	$(VENV)/bin/python app.py

test: check
	$(PYTEST) --durations 20

# The units and the contract of every demo: no browser, no training, no other backend.
test-fast: $(VENV)/test.done
	$(PYTEST) -m "not slow"

# What compares numbers: golden outputs, the contract, inference.
test-numbers: $(VENV)/test.done
	$(PYTEST) tests/demos/test_contract.py \
	  $(wildcard tests/demos/*/test_infer.py)

# A thousand odd requests of each of three seeds, to every event of the app; every way of ending it;
# and ten minutes of 32 visitors.
torture: $(VENV)/test.done
	$(VENV)/bin/python -m pytest tests/torture -rP --timeout 1800 --torture 1000

check: $(VENV)/test.done
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/mypy

# The texts of the code into the catalogues of the other languages, after either changed.
catalogue: $(VENV)/test.done
	$(VENV)/bin/python -m mmdemo.catalogues

# New versions within the ranges of requirements*.txt, for every Python that the project supports.
lock: $(VENV)/test.done
	$(PIP) install --quiet uv
	$(VENV)/bin/uv pip compile --quiet --universal --upgrade --python-version 3.10 \
	  --custom-compile-command "make lock" requirements-dev.txt --output-file constraints.txt

# The pictures that the documents show, taken from the running app.
screenshots: $(VENV)/test.done
	$(VENV)/bin/python -m pytest tests/browser --screenshots build/screenshots
	mkdir -p docs/screenshots
	cd build/screenshots && cp $$(cd ../.. && grep -oh 'screenshots/[a-z0-9_-]*\.png' README.md \
	  docs/*.md mmdemo/demos/*/README.md | sort -u | xargs -n 1 basename) ../../docs/screenshots/

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Python 3.10 to 3.13 is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

INSTALLING := Installing into $(VENV): some minutes and about 2 GB, when the requirements change only

$(VENV)/run.done: requirements.txt constraints.txt | $(VENV)/bin/python
	@echo "$(INSTALLING)"
	$(PIP) install --quiet --requirement requirements.txt --constraint constraints.txt
	touch $@

$(VENV)/test.done: requirements.txt requirements-dev.txt constraints.txt | $(VENV)/bin/python
	@echo "$(INSTALLING)"
	$(PIP) install --quiet --requirement requirements-dev.txt --constraint constraints.txt
	touch $@
