# Every target makes or reuses its own virtual environment. Needs Python 3.10 or newer and pip's
# package index; no ROS. Another Python: make PYTHON=python3.12 test

PYTHON ?= python3
RUNTIME := .venv/.installed
TRAINING := .venv-training/.installed
CODE := crestereo_ros training test demo docs setup.py $(wildcard launch benchmarks)

# A ROS distribution that the shell has sourced must not mix with the wheels in .venv.
unexport AMENT_PREFIX_PATH LD_LIBRARY_PATH PYTHONPATH RMW_IMPLEMENTATION

.DELETE_ON_ERROR:
.PHONY: help demo test test-training lint format docs benchmark benchmark-confidence benchmark-exchanged benchmark-video train export evaluate clean

help:
	@echo 'make demo                      depth from the pair in demo/data, as demo/depth.png, points.ply'
	@echo 'make demo LEFT=... RIGHT=...   the same from two images or two videos'
	@echo 'make demo LEFT=...             the same from a side-by-side video'
	@echo '  CALIBRATION="left.yaml right.yaml"   of these, for the cloud of points'
	@echo 'make test                      format, lint and tests'
	@echo 'make test-training             the tests that need PyTorch'
	@echo 'make lint                      style, annotations, types, and which room imports which'
	@echo 'make format                    mend the style where that can be done'
	@echo 'make docs                      write what follows from the declared parameters'
	@echo 'make benchmark                 how well uncalibrated pairs line up (SAMPLES=folder of them)'
	@echo 'make benchmark-confidence      how well confidence tells right from wrong (ARGS=...)'
	@echo 'make benchmark-exchanged       what exchanged views do to the disparity (ARGS=...)'
	@echo 'make benchmark-video           what it brings to start from the frame before (ARGS=...)'
	@echo 'make train, export, evaluate   train the network, write its files, measure it (ARGS=...)'
	@echo 'make clean                     remove the virtual environments'

demo: $(RUNTIME)
	@.venv/bin/python demo/run.py $(if $(LEFT),--left "$(LEFT)") $(if $(RIGHT),--right "$(RIGHT)") \
	    $(if $(CALIBRATION),--calibration $(CALIBRATION))

test: lint
	@.venv/bin/python -m pytest

test-training: $(TRAINING)
	@.venv-training/bin/python -m pytest test/training

lint: $(RUNTIME)
	@.venv/bin/ruff format --check $(CODE)
	@.venv/bin/ruff check $(CODE)
	@.venv/bin/lint-imports --no-logo
	@.venv/bin/mypy

format: $(RUNTIME)
	@.venv/bin/ruff format $(CODE)
	@.venv/bin/ruff check --fix $(CODE)

docs: $(RUNTIME)
	@.venv/bin/python docs/generate.py

benchmark: $(RUNTIME)
	@.venv/bin/python -m benchmarks.alignment $(if $(SAMPLES),--samples "$(SAMPLES)")

benchmark-confidence: $(TRAINING)
	@.venv-training/bin/python -m benchmarks.confidence $(ARGS)

benchmark-exchanged: $(RUNTIME)
	@.venv/bin/python -m benchmarks.exchanged_views $(ARGS)

benchmark-video: $(TRAINING)
	@.venv-training/bin/python -m benchmarks.video $(ARGS)

train export evaluate: $(TRAINING)
	@.venv-training/bin/python -m training.$@ $(ARGS)

clean:
	rm -rf .venv .venv-training

$(RUNTIME): PACKAGES = -e '.[ros,cpu,test]'
$(RUNTIME): setup.py
	$(make_environment)

$(TRAINING): PACKAGES = -r training/requirements.txt
$(TRAINING): training/requirements.txt
	$(make_environment)

define make_environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	    echo 'error: "$(PYTHON)" is not Python 3.10 or newer; name one: make PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	    echo 'error: "$(PYTHON)" cannot make environments: install its venv module (python3-venv)' >&2; exit 1; }
	@echo 'Installing into $(@D), once for this $<'
	@rm -rf $(@D)
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install -qq --disable-pip-version-check $(PACKAGES)
	@touch $@
endef
