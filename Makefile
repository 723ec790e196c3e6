# Everything is made inside this folder: .venv (tools), .ansible (a link), build (the rest). `make clean` removes it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# One thing after the other, but for the gates, which `make test` runs two at a time.
ifndef GATES
.NOTPARALLEL:
endif
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV ?= .venv
VENV_DIR := $(if $(filter /%,$(VENV)),$(VENV),$(CURDIR)/$(VENV))
# The group of pyproject.toml that is in it.
VENV_GROUP ?= dev
PYTHON ?=
PYTHON_GONE := $(shell test -x "$(VENV)/bin/python" || echo gone)
PYTEST_ARGS ?=
SANITY_ARGS ?=
UNITS_ARGS ?=
INTEGRATION_ARGS ?=
MODULES ?=
DEMO_ARGS ?=
SIMULATOR_ARGS ?=
KILL_ARGS ?=

COLLECTION := drdrill-powerstore
IMPORTER := build/venv-importer
OTHER_VENV := build/venv-other
DEMO_COLLECTIONS := build/demo/collections
LINK := .ansible/collections/ansible_collections/drdrill/powerstore
AWX := .ansible/collections/ansible_collections/awx/awx
SOURCES := $(shell find plugins roles playbooks docs meta galaxy.yml README.md LICENSE CHANGELOG.md \
	changelogs/changelog.yaml -type f ! -name "*.pyc" ! -name __pycache__ 2>/dev/null)

# A Python that may not keep its compiled files starts Ansible twice as slowly; the others are for other projects.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH VIRTUAL_ENV
# So are Ansible's settings, but for ANSIBLE_VERBOSITY=2 make demo.
unexport $(filter-out ANSIBLE_VERBOSITY,$(filter ANSIBLE_%,$(.VARIABLES)))
# Caches and temporary files stay in the clone. Where its path is long, temporary files don't: ansible-core 2.21 makes a
# socket among them, whose path may have 107 characters.
export TMPDIR := $(if $(shell test $$(printf %s '$(CURDIR)' | wc -c) -gt 60 && echo long),/tmp,$(CURDIR)/build/tmp)
export XDG_CACHE_HOME := $(CURDIR)/build/cache
export HYPOTHESIS_STORAGE_DIRECTORY := $(CURDIR)/build/cache/hypothesis
export ANSIBLE_HOME := $(CURDIR)/build/home/.ansible
export ANSIBLE_LOCAL_TEMP := $(CURDIR)/build/tmp
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg

# The tools run with a home of their own, and from the venv; only tools/venv needs the user's, for pip's settings.
ifndef USER_PATH
export USER_HOME := $(HOME)
export USER_PATH := $(PATH)
endif
export HOME := $(CURDIR)/build/home
export PATH := $(VENV_DIR)/bin:$(USER_PATH)
OTHER_PYTHON = $(shell tools/other-python "$(VENV)/bin/python")
install_into = ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/$(1)" \
	ansible-galaxy collection install build/$(COLLECTION)-*.tar.gz -p $(1) --offline
setup_venv = HOME="$$USER_HOME" PATH="$$USER_PATH" tools/venv "$(1)" "$(PYTHON)" $(2)

##@ Use
.PHONY: demo
demo: export ANSIBLE_COLLECTIONS_PATH = $(CURDIR)/$(DEMO_COLLECTIONS)
demo: $(DEMO_COLLECTIONS)/.installed ## A whole drill against simulated arrays (FAIL=1: one whose validation fails)
	@python -m tests.lab.demo $(if $(filter-out 0 no false,$(FAIL)),--fail-validation) $(DEMO_ARGS)

.PHONY: simulator
simulator: $(VENV)/.demo | build/tmp ## The simulated pair of arrays, until Ctrl-C (SIMULATOR_ARGS=--help)
	python -m tests.lab.simulator $(SIMULATOR_ARGS)

.PHONY: verify
verify: $(VENV)/.demo ## Compares a folder of records with its chain (DIR=build/demo/records, HEAD=a published head)
	@python -I -S docs/evidence/drdrill_verify.py "$(DIR)" $(if $(HEAD),--known-head "$(HEAD)")

.PHONY: build
build: build/.built ## The collection's tarball, in build/
	@ls -l build/$(COLLECTION)-*.tar.gz

##@ Prove
# The longest first. Each has folders of its own; what they share is made before.
GATES_OF_TEST := pytest other-python sanity lint oldest importer docs
.PHONY: test
test: versions licences $(LINK) $(AWX) ## Everything that proves the project
	@$(MAKE) GATES=yes --jobs=2 --output-sync=target $(GATES_OF_TEST)
	@echo "All passed: $(GATES_OF_TEST)"

.PHONY: versions
versions: $(VENV)/.dev | build/tmp ## The Pythons and the tools that `make test` uses
	@python tools/versions.py "$(OTHER_PYTHON)"

# It looks through every folder of the clone, also through those that tests make and remove: `make test` runs it first.
.PHONY: licences
licences: $(VENV)/.dev | build/tmp ## REUSE: every file has its licence
	reuse lint --quiet || reuse lint

.PHONY: lint
lint: $(VENV)/.dev $(LINK) $(AWX) $(if $(GATES),,licences) | build/tmp ## ruff, mypy, shellcheck, yamllint, ansible-lint, antsibull-changelog, antsibull-docs, REUSE
	python -m ruff check .
	python -m ruff format --check .
	python -m mypy
	git grep -lE '^#!.*\b(ba|da)?sh\b' | xargs shellcheck
	python -m yamllint --strict .
	ansible-lint --offline
	python -m antsibull_changelog lint
	antsibull-docs lint-collection-docs --plugin-docs --check-extra-docs-refs --validate-collection-refs self --skip-rstcheck .

.PHONY: importer
importer: build/.built $(IMPORTER)/.importer ## Galaxy's importer on the tarball, with the tags that Galaxy requires
	@tools/importer "$(CURDIR)/$(IMPORTER)" build/$(COLLECTION)-*.tar.gz

.PHONY: sanity
sanity: $(VENV)/.$(VENV_GROUP) | build/tmp ## ansible-test sanity (SANITY_ARGS='--test validate-modules')
	python tools/run_ansible_test.py sanity $(SANITY_ARGS)

.PHONY: units
units: $(VENV)/.$(VENV_GROUP) | build/tmp ## ansible-test units: the unit tests as Ansible's own tool runs them (UNITS_ARGS=FILE)
	python tools/run_ansible_test.py units --num-workers 2 $(UNITS_ARGS)

.PHONY: integration
integration: $(VENV)/.$(VENV_GROUP) | build/tmp ## ansible-test integration: its targets against simulated arrays
	python tools/run_ansible_test.py integration $(INTEGRATION_ARGS)

# In the order of tests/conftest.py, a test to the next worker that is free.
DIST := --dist loadgroup --no-loadscope-reorder
# More workers than cores: most of the tests' time is waiting, for arrays that are slow or silent on purpose.
.PHONY: pytest
pytest: $(VENV)/.dev $(LINK) $(AWX) | build/tmp ## Unit, integration and contract tests with coverage (PYTEST_ARGS='-k stop')
	python -m pytest -n 6 $(DIST) --cov --cov-report=term --basetemp=build/tmp/pytest \
		--cov-fail-under=$(if $(PYTEST_ARGS),0,95) $(PYTEST_ARGS)

# What may differ from one Python and ansible-core to the next: our own code on that Python, the ways into and out of
# Ansible, and what a failed task leaves behind in a whole playbook. What is long only because it repeats is left to
# `make pytest`; so is what reads files (layers, shell, tarball).
# What stands on the standard library or on Ansible (HTTP, TLS, texts, times, errors, processes, arguments) runs with every
# case. Where our own data goes in and our own data comes out, a newer Python breaks a line (a name, an annotation, a
# dataclass, an enumeration), not a value: there, the first case of each test runs it.
OTHER_PLAYBOOKS := $(addprefix tests/integration/test_drill_playbook.py::,test_check_mode_predicts_and_posts_nothing \
	test_a_play_that_is_ended_by_a_check_is_finished_by_the_next test_failed_checks_fail_the_drill_after_the_stop)
OTHER_TESTS := $(filter-out tests/unit/simulator tests/unit/__pycache__,$(wildcard tests/unit/*)) tests/law/test_law.py \
	tests/law/test_in_worker.py tests/integration/test_failover_test.py $(OTHER_PLAYBOOKS)
FIRST_CASES := $(addprefix --first-cases=tests/unit/,chain coverage drill failover_test findings nas_dr_test nas_tests record \
	report sign_off sweep witness)
# ansible-test forks for each test, which takes minutes for all of them: `make units`.
OTHER_UNITS := tests/unit/sweep/test_policy.py tests/unit/test_documentation.py
# That everything compiles and can be imported on this Python, the tests above show; on older ones, `make sanity`.
OTHER_SANITY := --test ansible-doc --test runtime-metadata --test validate-modules
.PHONY: other-python
other-python: $(VENV)/.dev $(LINK) | build/tmp ## The same on the newest Python and ansible-core here, as far as they matter
	@other="$(OTHER_PYTHON)"; if [ -n "$$other" ]; then \
		$(MAKE) VENV=$(OTHER_VENV) VENV_GROUP=tests PYTHON="$$other" on-this-python; \
	else \
		echo "No other Python with another ansible-core on this machine: this one runs ansible-test units"; \
		$(MAKE) units UNITS_ARGS="$(OTHER_UNITS)" integration; \
	fi

.PHONY: on-this-python
on-this-python: $(VENV)/.$(VENV_GROUP) $(LINK) | build/tmp
	python -m pytest -q -n 2 $(DIST) -m "not hypothesis and not uncounted" -k "not large" --basetemp=build/tmp/pytest-other \
		$(FIRST_CASES) $(OTHER_TESTS)
	@$(MAKE) units UNITS_ARGS="$(OTHER_UNITS)"
	@$(MAKE) sanity SANITY_ARGS="$(OTHER_SANITY)"
	@$(MAKE) integration

# The newest are those of `make pytest`. ansible-core 2.19 is the first one that the collection works with.
OLDEST_VENV := build/venv-oldest
.PHONY: oldest
oldest: export PATH := $(CURDIR)/$(OLDEST_VENV)/bin:$(USER_PATH)
oldest: $(OLDEST_VENV)/.oldest $(LINK) | build/tmp ## On the oldest ansible-core, requests and urllib3 that are named as enough
	python -m pytest -q -n 3 $(DIST) -m "not hypothesis" --basetemp=build/tmp/pytest-oldest \
		tests/unit/array tests/integration/test_failover_test.py

.PHONY: faults
faults: $(VENV)/.dev $(LINK) | build/tmp ## The fault table: each fault, what the module makes of it, requests, seconds
	PYTHONPATH=.ansible/collections python -m tests.lab.faults

.PHONY: tamper-table
tamper-table: $(VENV)/.dev $(LINK) | build/tmp ## Every manipulation of a folder of records, and what the check says of it
	PYTHONPATH=.:.ansible/collections python -m tests.lab.tamper

.PHONY: witness-table
witness-table: $(VENV)/.dev $(LINK) | build/tmp ## Every lie about a drill, and what the array's own logs say of it
	PYTHONPATH=.:.ansible/collections python -m tests.lab.witness

.PHONY: kill-matrix
kill-matrix: $(VENV)/.dev $(LINK) | build/tmp ## Every end of a drill: what it left, what found that (KILL_ARGS=--help)
	PYTHONPATH=.:.ansible/collections python -m tests.lab.kill $(KILL_ARGS)

MUTATION := build/venv-mutation
.PHONY: mutation
mutation: $(MUTATION)/.mutation $(LINK) | build/tmp ## Changes the code that decides, and lists what no test notices (MODULES=_findings/start_stop)
	$(MUTATION)/bin/python tools/mutation.py $(MODULES)

EXAMPLES ?= 5000
.PHONY: properties
properties: $(VENV)/.dev $(LINK) | build/tmp ## A long run of the property tests (EXAMPLES=5000)
	EXAMPLES=$(EXAMPLES) python -m pytest -n 2 tests/integration/test_properties.py

.PHONY: bench
bench: $(VENV)/.dev $(LINK) | build/tmp ## What tasks and drills cost, goal beside now (README=yes: into the README; BENCH_ARGS=--help)
	PYTHONPATH=.:.ansible/collections python -m tests.lab.benchmark \
		$(if $(filter-out 0 no false,$(README)),--readme) $(BENCH_ARGS)

.PHONY: docs
docs: $(VENV)/.dev $(LINK) | build/tmp ## The documentation as a site, build/docs/html/index.html
	rm -rf build/docs && mkdir -p build/docs/rst
	antsibull-docs collection --use-current --fail-on-error --squash-hierarchy --dest-dir build/docs/rst drdrill.powerstore
	mv build/docs/rst/index.rst build/docs/rst/collection.rst
	cp docs/index.rst build/docs/rst/
	python -m sphinx -q -W --keep-going -c docs build/docs/rst build/docs/html
	@echo "The site: build/docs/html/index.html"

.PHONY: install-check
install-check: export ANSIBLE_COLLECTIONS_PATH = $(CURDIR)/build/install-check
install-check: build/.built ## Installs the tarball into an empty folder and lists what Ansible finds in it
	rm -rf build/install-check
	$(call install_into,build/install-check)
	ansible-doc --list drdrill.powerstore
	ansible-doc --list --type role drdrill.powerstore
	cd build/install-check/ansible_collections/drdrill/powerstore && find . -type f | sort

##@ Change
.PHONY: format
format: $(VENV)/.dev | build/tmp ## Formats the Python code and mends what ruff can
	python -m ruff check --fix .
	python -m ruff format .

.PHONY: changelog
changelog: $(VENV)/.dev $(LINK) | build/tmp ## CHANGELOG.md from changelogs/fragments, for the version in galaxy.yml
	python -m antsibull_changelog release --reload-plugins --refresh --update-existing

.PHONY: docs-pages
docs-pages: $(VENV)/.dev $(LINK) | build/tmp ## The pages of the documentation that are written from the code
	PYTHONPATH=.:.ansible/collections python tools/findings_page.py
	PYTHONPATH=.:.ansible/collections python tools/record_docs.py
	cp plugins/module_utils/_chain/verify.py docs/evidence/drdrill_verify.py
	python tools/architecture_page.py

.PHONY: venv
venv: $(VENV)/.dev $(LINK) ## The virtual environment with all tools (VENV=DIR, PYTHON=INTERPRETER)

.PHONY: clean
clean: ## Removes everything that make has made
	rm -rf .ansible "$(VENV)" build changelogs/.plugin-cache.yaml .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
	/^##@/ { printf "\n%s\n", substr($$0, 5) } \
	/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

# Files ---------------------------------------------------------------------------------------------------------------

# A stamp for each dependency group; dev contains tests, that demo. They are made again where the venv's Python is gone.
$(VENV)/.demo: pyproject.toml tools/venv $(PYTHON_GONE) | build/tmp
	@$(call setup_venv,$(VENV),demo)
	@touch $@

$(VENV)/.tests: pyproject.toml tools/venv $(PYTHON_GONE) | build/tmp
	@$(call setup_venv,$(VENV),tests)
	@touch $@ $(VENV)/.demo

$(VENV)/.dev: pyproject.toml tools/venv $(PYTHON_GONE) | build/tmp
	@$(call setup_venv,$(VENV),dev)
	@touch $@ $(VENV)/.tests $(VENV)/.demo

.PHONY: gone
gone:

$(IMPORTER)/.importer: pyproject.toml tools/venv | build/tmp
	@$(call setup_venv,$(IMPORTER),importer)
	@touch $@

$(OLDEST_VENV)/.oldest: pyproject.toml tools/venv | build/tmp
	@$(call setup_venv,$(OLDEST_VENV),oldest)
	@touch $@

$(MUTATION)/.mutation: pyproject.toml tools/venv | build/tmp
	@$(call setup_venv,$(MUTATION),mutation)
	@touch $@

$(LINK):
	@mkdir -p $(@D)
	@ln -sfn ../../../.. $@

# For ansible-lint and the tests of playbooks/awx_setup.yml; the collection itself does not need it.
$(AWX): pyproject.toml tools/awx_collection.py | $(VENV)/.dev build/tmp
	@echo "awx.awx: taken out of the package ansible"
	@HOME="$$USER_HOME" PATH="$$USER_PATH" $(VENV_DIR)/bin/python tools/awx_collection.py $@
	@touch $@

build/tmp:
	@mkdir -p $@ build/home build/cache

build/.built: $(SOURCES) $(VENV)/.demo | build/tmp
	@rm -f build/$(COLLECTION)-*.tar.gz
	@ansible-galaxy collection build --force --output-path build
	@touch $@

$(DEMO_COLLECTIONS)/.installed: build/.built
	@rm -rf $(DEMO_COLLECTIONS)
	@$(call install_into,$(DEMO_COLLECTIONS))
	@touch $@
