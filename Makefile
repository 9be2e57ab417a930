# captionviewer. Nothing needs to be installed first but Python 3.11 to 3.14, and make.
#
#   make run [DATA=folder] [IMAGES=folder] [FEATURES=pca]        open the window
#   make test [ARGS="-k photo"] [WORKERS=3]                      run the tests, in so many processes
#   make lint | docs | bench | oracle | screenshots | picture | run-file | clean

CHECK := -m captionviewer.system_check

# The first Python here that will do, unless one is named: make PYTHON=/opt/python/bin/python3
ifeq ($(origin PYTHON), undefined)
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" $(CHECK) python 2>/dev/null && echo "$$name" && break; done)
endif

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -c constraints.txt
OFFSCREEN := QT_QPA_PLATFORM=offscreen
WORKERS := 3

# An environment whose Python is gone (upgraded away, or the folder was copied) is made anew
$(shell $(BIN)/python -c '' 2>/dev/null || rm -f $(VENV)/.made $(VENV)/.made-dev $(VENV)/.made-bench)

.PHONY: help run test lint docs bench oracle screenshots picture run-file clean

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile

run: $(VENV)/.made
	@$(BIN)/python $(CHECK) qt --mend
	@$(BIN)/python -m captionviewer \
		$${DATA:+--data "$$DATA"} $${IMAGES:+--images "$$IMAGES"} $${FEATURES:+--features "$$FEATURES"}

# The tests need no display; what a window would need is looked at all the same
test: $(VENV)/.made
	@$(BIN)/python $(CHECK) qt --mend --platform offscreen --also xcb
	$(OFFSCREEN) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: $(VENV)/.made-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# What the docstrings say, as pages: build/docs/index.html
docs: $(VENV)/.made-dev
	$(OFFSCREEN) $(BIN)/pdoc --docformat numpy -o build/docs ./captionviewer
	@echo "Open build/docs/index.html"

bench: $(VENV)/.made-bench
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; $(OFFSCREEN) $(BIN)/python "$$script"; done

# Ask pycocoevalcap (104 MB, fetched for this alone) and sacrebleu for the scores that the tests hold ours to
oracle: $(VENV)/.made-bench
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(BIN)/python -m pip --disable-pip-version-check download --no-deps -d "$$folder" pycocoevalcap==1.2 && \
	$(BIN)/python -m tests.core.evaluation.scores_by_others "$$folder"/*.whl \
		$${CAPTIONVIEWER_TEST_COCO:+--coco "$$CAPTIONVIEWER_TEST_COCO"}

screenshots: $(VENV)/.made
	@$(BIN)/python $(CHECK) qt --mend --platform offscreen
	$(OFFSCREEN) $(BIN)/python -m tests.screenshots

# The picture of the README: the storybook after its preset was trained, about a minute
picture: $(VENV)/.made
	@$(BIN)/python $(CHECK) qt --mend --platform offscreen
	$(OFFSCREEN) $(BIN)/python -m tests.window_picture docs/window.png

# The run that comes with the program, made anew from its seed: some minutes
run-file: $(VENV)/.made
	$(BIN)/python -m captionviewer.core.saved.build_shipped_run resources/storybook/run.npz

clean:
	rm -rf $(VENV) screenshots build dist htmlcov .coverage .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache
	find captionviewer tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { python3 $(CHECK) python 2>&1 | grep '^captionviewer: ' >&2 || \
		echo "captionviewer needs Python 3.11 to 3.14, and there is none on the path (python3 is:" \
		"$$(python3 --version 2>&1)). Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" $(CHECK) venv --mend
	@echo "Making the environment in $(VENV), once: a few minutes on a slow line."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV)
	$(PIP) hatchling editables
	$(PIP) --no-build-isolation -e '.[test]'
	@touch $@

$(VENV)/.made-dev: $(VENV)/.made
	$(PIP) --no-build-isolation -e '.[test,dev]'
	@touch $@

$(VENV)/.made-bench: $(VENV)/.made
	$(PIP) --no-build-isolation -e '.[test,bench]'
	@touch $@
