# 新版社区云：make run 启动，make test 测试
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.PHONY: setup setup-dev run test

setup: $(VENV)/.runtime
setup-dev: $(VENV)/.dev

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "缺少 Python：请安装 Python 3.11 或更新版本"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 版本过低：请安装 3.11 或更新版本，或用 make PYTHON=python3.11 指定"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "不能建立虚拟环境：请安装 python3-venv"; exit 1; }

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

test: setup-dev
	$(BIN)/python -m pytest

run: setup
	@$(BIN)/python -m communitycloud.launcher
