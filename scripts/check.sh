#!/bin/sh
# 静态检查：写法、格式、类型、谁可引用谁、迁移、生产设置。每一步先说名字，失败就停在那里
set -eu
bin=.venv/bin
VAR_DIR=$(mktemp -d)
export VAR_DIR
chmod 755 "$VAR_DIR"
trap 'rm -rf "$VAR_DIR"' EXIT
step() { printf '\n== %s\n' "$1"; shift; "$@"; }
key() { "$bin/python" -c 'import secrets; print(secrets.token_hex(16))'; }

step '写法（ruff）' "$bin/ruff" check .
step '格式（ruff format）' "$bin/ruff" format --check .
step '类型（mypy）' "$bin/mypy"
step '引用方向（import-linter）' "$bin/lint-imports"
step '前端库（vendor.json）' "$bin/python" scripts/vendor.py check
step '迁移齐全（makemigrations --check）' "$bin/python" manage.py makemigrations --check --dry-run
step '生产设置（check --deploy）' env COMMUNITYCLOUD_ENV=production DJANGO_SECRET_KEY="$(key)$(key)" DATA_KEYS="k1:$(key)" \
  INDEX_KEY="$(key)" ALLOWED_HOSTS=localhost CSRF_TRUSTED_ORIGINS=https://localhost \
  "$bin/python" manage.py check --deploy --fail-level WARNING
printf '\n静态检查全部通过\n'
