# One command each: make demo, make test.  Needs Python ≥ 3.11 and nothing else.
# Paths are relative, so the clone may lie anywhere, in folders with spaces or Chinese names too.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-input

# What is run is compiled once, not by each of the programs that tests start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check bench bench-peers bench-national probes mutations clean help

help:  ## 列出命令
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

demo: $(VENV)/.runtime  ## 启动演示环境：http://127.0.0.1:8000/graphql
	@$(BIN)/python -m server.cli demo $(ARGS)

test: $(VENV)/.development check  ## 全部测试与检查
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: $(VENV)/.development  ## 风格、类型、导入方向
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.development  ## 每次请求的 CPU、吞吐、延迟，与手写 SQL 相比（docs/performance.md）
	@$(BIN)/python -m tests.benchmarks.run $(ARGS)

bench-peers: $(VENV)/.development  ## 同样的数据上与 Mercurius、PostGraphile 相比（需要 Node.js 与 npm）
	@$(BIN)/python -m tests.benchmarks.run --peers $(ARGS)

bench-national: $(VENV)/.development  ## 全国规模（3000 租户、100 万机构、400 万评审）上的同一张表；约需 6 GB 磁盘
	@$(BIN)/python -m tests.benchmarks.run --scale national $(ARGS)

probes: $(VENV)/.development  ## 随机越权探测 12 000 次，应无一泄漏（docs/isolation.md）
	@SHEQU_PROBES=12000 $(BIN)/python -m pytest tests/visiting/test_probes.py -s $(ARGS)

mutations: $(VENV)/.development  ## 逐一破坏隔离规则，测试应无一放过（docs/isolation.md）
	@$(BIN)/python -m tests.mutations $(ARGS)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "需要 Python 3.11 或更高版本，当前为 " + sys.version.split()[0] + "；可用 make PYTHON=python3.12 指定")'
	@echo "  … 建立虚拟环境 $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { echo "无法建立虚拟环境：Debian/Ubuntu 请先安装 python3-venv" >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "  … 安装依赖 requirements.lock（首次约一分钟）"
	@$(PIP) --require-hashes --only-binary :all: -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.development: requirements-dev.lock $(VENV)/.runtime
	@echo "  … 安装开发依赖 requirements-dev.lock"
	@$(PIP) --require-hashes --only-binary :all: -r requirements-dev.lock
	@touch $@

clean:  ## 删除虚拟环境与演示数据
	rm -rf $(VENV) .shequ
