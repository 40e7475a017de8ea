# Every target does its own set-up; `make` alone tells what there is.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help setup demo test check bench soak peers setup-train figures clean

help:
	@echo "make demo         the simulated cell and the station, until Ctrl-C"
	@echo "make test         the tests"
	@echo "make check        ruff, pyright, import-linter and the tests: one verdict"
	@echo "make bench        speed of the whole path beside the engine alone, on this machine"
	@echo "make soak         10,000 parts with camera faults through both programs; a million triggers in virtual time"
	@echo "make figures DATA=DIR  the table of models/README.md, from drawn parts and the public sets in DIR (hours)"
	@echo "make setup        .venv from the lock file and the simulated camera (the others call it)"
	@echo "make setup-train  .venv-train with PyTorch and the converter (2.4 GB), only to make models"

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; found $$($(PYTHON) --version 2>&1). Say: make setup PYTHON=/path/to/python3.11"; exit 2; }
	@echo "Setting up .venv (about a minute, once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@$(BIN)/python -m drivers.camera.producer.build
	@touch $@

demo: setup
	@$(BIN)/station demo

test: setup peers
	@$(BIN)/python -m drivers.camera.producer.build
	@$(BIN)/python -m tests.run
	@if test -x .venv-train/bin/python; then .venv-train/bin/python -m pytest tests/train; else \
	  echo "SKIPPED: tests/train (training, distilling, quantising): no training environment; make setup-train"; fi

check: setup peers
	@$(BIN)/python -m tests.check

bench: setup
	@$(BIN)/station bench

soak: setup
	@$(BIN)/station demo --quiet --parts 10000 --rate 20 --faults 20
	@$(BIN)/python -m tests.soak --triggers 1000000 --processes 2

# Independent judges that the tests use where they can be had: a browser, promtool, Modbus programs, a GigE Vision camera. Never an error here.
peers:
	@sh tests/peers.sh
	@sh tests/peers-aravis.sh
	@sh tests/peers-modbus.sh

setup-train:
	@$(PYTHON) -m venv .venv-train
	@.venv-train/bin/pip install --quiet --disable-pip-version-check -r requirements-train.txt
	@.venv-train/bin/pip install --quiet --disable-pip-version-check --no-deps --editable .

# The public sets are not part of the product: without DATA only the drawn parts are measured.
FIGURES ?= var/figures
figures: setup
	@test -x .venv-train/bin/python || { echo "Training is needed: make setup-train first"; exit 2; }
	@$(BIN)/station model draw --product mantle --parts 3000 --seed 11 --out $(FIGURES)/drawn/mantle
	@$(BIN)/station model draw --product mantle --parts 1500 --seed 12 --look mixed --split test --out $(FIGURES)/drawn/mantle-mixed
	@.venv-train/bin/station model figures --drawn $(FIGURES)/drawn $(if $(DATA),--data $(DATA)) --work $(FIGURES) --table models/README.md

clean:
	rm -rf .venv .venv-train build var *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} + ; find drivers -name '*.cti' -delete
