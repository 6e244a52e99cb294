# 新版社区云：make run 启动，make test 测试，make check 做静态检查
VENV := .venv
BIN := $(VENV)/bin
export PYTHON
.PHONY: setup setup-dev run test check browser

setup: $(VENV)/.runtime
setup-dev: $(VENV)/.dev

$(VENV)/.runtime: requirements.txt scripts/setup.sh
	@sh scripts/setup.sh requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt scripts/setup.sh
	@sh scripts/setup.sh requirements-dev.txt
	@touch $@ $(VENV)/.runtime

run: setup
	@exec $(BIN)/python -m communitycloud.launcher

browser:
	@sh scripts/ensure_browser.sh

test: setup-dev browser
	$(BIN)/python -m pytest

check: setup-dev
	@sh scripts/check.sh
