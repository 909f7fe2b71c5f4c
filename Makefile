# Every target makes or reuses its own virtual environment. Needs Python 3.10 or newer and pip's
# package index; no ROS. Another Python: make PYTHON=python3.12 test

PYTHON ?= python3
RUNTIME := .venv/.installed
# The demo needs neither linters nor extras, so it gets a smaller environment, unless there is .venv.
DEMO := $(or $(wildcard $(RUNTIME)),.venv-demo/.installed)
TRAINING := .venv-training/.installed
GPU := .venv-gpu/.installed
OPENVINO := .venv-openvino/.installed
PLUGINS := .venv-plugins/.installed
RAY := .venv-ray/.installed
# How many tests `make test` runs at a time; nodes wait half of the time.
JOBS ?= 2
# A folder of wheels that were carried here, for machines without a network; see test-gpu.
WHEELS ?=
# A folder with clones of the launch library's repositories, see test/launch/library.py.
LAUNCH ?=
# TensorRT's wheel for the GPU, such as tensorrt-cu13-libs<11; without it, its tests are skipped.
TENSORRT ?=
CODE := crestereo_ros training test demo docs setup.py $(wildcard launch benchmarks)

# A ROS distribution that the shell has sourced must not mix with the wheels in .venv.
unexport AMENT_PREFIX_PATH LD_LIBRARY_PATH PYTHONPATH RMW_IMPLEMENTATION

.DELETE_ON_ERROR:
.PHONY: help demo test test-soak test-launch test-training test-gpu test-openvino test-plugins \
    test-ray wheels-gpu lint format \
    docs pictures benchmark benchmark-alignment benchmark-overhead benchmark-confidence benchmark-exchanged \
    benchmark-refinement benchmark-clouds benchmark-large-images benchmark-video benchmark-batch benchmark-cpu benchmark-gpu \
    benchmark-openvino soak \
    pool train sprint export evaluate clean

help:
	@echo 'make demo                      depth from the pair in demo/data, as demo/depth.png, points.ply'
	@echo 'make demo LEFT=... RIGHT=...   the same from two images or two videos'
	@echo 'make demo LEFT=...             the same from a side-by-side video'
	@echo '  CALIBRATION="left.yaml right.yaml"   of these, for the cloud of points'
	@echo 'make test                      format, lint and tests (JOBS=how many at a time)'
	@echo 'make test-soak                 a minute at full rate, and a thousand sources: nothing grows'
	@echo 'make test-launch               the launch files, run by the launch library of ROS, which is'
	@echo '                               cloned (LAUNCH=folder with clones of it)'
	@echo 'make test-training             the tests that need PyTorch'
	@echo 'make test-gpu                  the tests that need an NVIDIA GPU (WHEELS=folder of carried wheels,'
	@echo '                               TENSORRT=its package, docs/where_it_runs.md)'
	@echo 'make test-openvino             the tests that need OpenVINO'
	@echo 'make test-plugins              the tests of providers that are plugins of ONNX Runtime'
	@echo 'make test-ray                  crestereo batch on a cluster and at addresses of S3'
	@echo 'make wheels-gpu WHEELS=folder  fetch what test-gpu and benchmark-gpu need, to be carried'
	@echo 'make lint                      style, annotations, types, and which room imports which'
	@echo 'make format                    fix the style'
	@echo 'make docs                      write the files that are generated from the parameters'
	@echo 'make pictures                  draw the pictures of the docs that no other command writes'
	@echo 'make benchmark                 the two benchmarks that take a few minutes:'
	@echo 'make benchmark-alignment       how well uncalibrated pairs line up (SAMPLES=folder of them)'
	@echo 'make benchmark-overhead        what the depth node takes beside the inference (ARGS=...)'
	@echo 'make benchmark-confidence      how well confidence tells right from wrong (ARGS=...)'
	@echo 'make benchmark-exchanged       what exchanged views do to the disparity (ARGS=...)'
	@echo 'make benchmark-refinement      what the refinement brings, beside SGBM (ARGS=...)'
	@echo 'make benchmark-clouds          bytes and time of clouds of points, thinned in many ways (ARGS=...)'
	@echo 'make benchmark-large-images    how images arrive in another process (ARGS=...)'
	@echo 'make benchmark-video           what starting from the previous frame gains (ARGS=...)'
	@echo 'make soak                      the depth node at full rate: does anything grow (MINUTES=30)?'
	@echo 'make benchmark-cpu             settings of ONNX Runtime for the CPU (ARGS=...)'
	@echo 'make benchmark-openvino        OpenVINO beside the CPU provider (ARGS=...)'
	@echo 'make benchmark-batch           many pairs by a loop, a pool and Ray (ARGS=...)'
	@echo 'make benchmark-gpu             sizes and updates on an NVIDIA GPU (ARGS=...)'
	@echo 'make pool ARGS=folder          render pairs that training takes its samples from'
	@echo 'make train, export, evaluate   train the network, write its files, measure it (ARGS=...)'
	@echo 'make sprint                    render and train together for a few minutes on a GPU (ARGS=...)'
	@echo 'make clean                     remove the virtual environments'

demo: $(DEMO)
	@$(<D)/bin/python demo/run.py $(if $(LEFT),--left "$(LEFT)") $(if $(RIGHT),--right "$(RIGHT)") \
	    $(if $(CALIBRATION),--calibration $(CALIBRATION))

# Tests of one file share its nodes. A process that dies ends the run, and a test that hangs fails:
# neither may stop it for ever.
test: lint
	@.venv/bin/python -m pytest -n $(JOBS) --dist loadfile --max-worker-restart 0 --timeout 300

test-soak: $(RUNTIME)
	@.venv/bin/python -m pytest -m soak test/benchmarks test/commands/batch
# The launch files, run by ROS' own launch library. Its sources are cloned unless LAUNCH has them.
test-launch: $(RUNTIME)
	@.venv/bin/python test/launch/library.py '$(or $(LAUNCH),.venv/launch_sources)' .venv/launch
	@PYTHONPATH=.venv/launch .venv/bin/python -c 'import launch_ros.actions'
	@PYTHONPATH=.venv/launch .venv/bin/python -m pytest test/launch test/launching

test-training: $(TRAINING)
	@.venv-training/bin/python -m pytest test/training

test-gpu benchmark-gpu: need-gpu $(GPU)

test-gpu:
	@.venv-gpu/bin/python -m pytest -m gpu test/providers test/nodes/depth

test-ray: $(RAY)
	@.venv-ray/bin/python -m pytest -m ray --timeout 300 test/batch test/commands/batch

test-plugins: $(PLUGINS)
	@.venv-plugins/bin/python -m pytest test/providers/test_plugins.py

test-openvino: $(OPENVINO)
	@.venv-openvino/bin/python -m pytest -m openvino test/providers test/commands test/nodes/depth

wheels-gpu:
	@test -n '$(WHEELS)' || { echo 'error: name a folder: make wheels-gpu WHEELS=folder' >&2; exit 1; }
	@$(PYTHON) -m pip download -q --disable-pip-version-check -d '$(WHEELS)' \
	    '.[ros,gpu,test]' $(if $(TENSORRT),'$(TENSORRT)') 'setuptools<80' wheel

# Before anything is installed: on PCs, on Jetsons, in WSL.
.PHONY: need-gpu
need-gpu:
	@ls /dev/nvidiactl /dev/nvhost-gpu /dev/nvgpu /dev/dxg 2>/dev/null | grep -q . || { \
	    echo 'error: no NVIDIA GPU here: there is no /dev/nvidiactl' >&2; exit 3; }

lint: $(RUNTIME)
	@.venv/bin/ruff format --check $(CODE)
	@.venv/bin/ruff check $(CODE)
	@.venv/bin/ruff check --target-version py314 --ignore UP $(CODE)
	@.venv/bin/lint-imports --no-logo
	@.venv/bin/mypy

format: $(RUNTIME)
	@.venv/bin/ruff format $(CODE)
	@.venv/bin/ruff check --fix $(CODE)

docs: $(RUNTIME)
	@.venv/bin/python docs/generate.py

pictures: $(TRAINING)
	@.venv-training/bin/python -m docs.pictures

benchmark: benchmark-alignment benchmark-overhead

benchmark-alignment: $(RUNTIME)
	@.venv/bin/python -m benchmarks.alignment $(if $(SAMPLES),--samples "$(SAMPLES)")

benchmark-overhead: $(RUNTIME)
	@.venv/bin/python -m benchmarks.overhead $(ARGS)

benchmark-confidence: $(TRAINING)
	@.venv-training/bin/python -m benchmarks.confidence $(ARGS)

benchmark-exchanged: $(RUNTIME)
	@.venv/bin/python -m benchmarks.exchanged_views $(ARGS)

benchmark-refinement: $(RUNTIME)
	@.venv/bin/python -m benchmarks.refinement $(ARGS)

benchmark-clouds: $(RUNTIME)
	@.venv/bin/python -m benchmarks.clouds $(ARGS)

benchmark-large-images: $(RUNTIME)
	@.venv/bin/python -m benchmarks.large_images $(ARGS)

benchmark-video: $(TRAINING)
	@.venv-training/bin/python -m benchmarks.video $(ARGS)

soak: $(RUNTIME)
	@.venv/bin/python -m benchmarks.soak $(if $(MINUTES),--minutes $(MINUTES)) $(ARGS)

benchmark-cpu: $(RUNTIME)
	@.venv/bin/python -m benchmarks.cpu $(ARGS)

benchmark-openvino: $(OPENVINO)
	@.venv-openvino/bin/python -m benchmarks.openvino $(ARGS)

benchmark-batch: $(RAY)
	@.venv-ray/bin/python -m benchmarks.batch $(ARGS)

benchmark-gpu:
	@.venv-gpu/bin/python -m benchmarks.gpu $(ARGS)

pool train sprint export evaluate: $(TRAINING)
	@.venv-training/bin/python -m training.$@ $(ARGS)

clean:
	rm -rf .venv .venv-demo .venv-training .venv-gpu .venv-openvino .venv-plugins .venv-ray

$(RUNTIME): PACKAGES = -e '.[ros,cpu,test]'
$(RUNTIME): setup.py
	$(make_environment)

.venv-demo/.installed: PACKAGES = -e '.[ros,cpu]'
.venv-demo/.installed: setup.py
	$(make_environment)

$(TRAINING): PACKAGES = -r training/requirements.txt
$(TRAINING): training/requirements.txt
	$(make_environment)

$(OPENVINO): PACKAGES = -e '.[ros,openvino]' 'pytest>=7'
$(OPENVINO): setup.py
	$(make_environment)

$(PLUGINS): PACKAGES = -e '.[cpu,models]' 'pytest>=7' onnxruntime-ep-openvino onnxruntime-ep-webgpu
$(PLUGINS): setup.py
	$(make_environment)

$(RAY): PACKAGES = -e '.[cpu,test-ray]'
$(RAY): setup.py
	$(make_environment)

$(GPU): PACKAGES = -e '.[ros,gpu,test]' $(if $(TENSORRT),'$(TENSORRT)')
$(GPU): PIP_OPTIONS = $(if $(WHEELS),--no-index --find-links '$(WHEELS)' --no-build-isolation)
$(GPU): setup.py
	$(make_environment)

define make_environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	    echo 'error: "$(PYTHON)" is not Python 3.10 or newer; name one: make PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	    echo 'error: "$(PYTHON)" cannot make environments: install its venv module (python3-venv)' >&2; exit 1; }
	@echo 'Installing into $(@D), once for this $<'
	@rm -rf $(@D)
	@$(PYTHON) -m venv $(@D)
	$(if $(PIP_OPTIONS),@$(@D)/bin/python -m pip install -qq --disable-pip-version-check \
	    --no-index --find-links '$(WHEELS)' 'setuptools<80' wheel)
	@$(@D)/bin/python -m pip install -qq --disable-pip-version-check $(PIP_OPTIONS) $(PACKAGES)
	@touch $@
endef
