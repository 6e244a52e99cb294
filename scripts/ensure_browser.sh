#!/bin/sh
# 浏览器测试要用系统的 Chromium 和中文字体：root 在 Debian 系上自动安装，别处说明怎么装；装不上不算错，测试会跳过
set -u
has_browser() { [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1; }
has_fonts() { [ -n "$(find /usr/share/fonts -iname '*cjk*' -print -quit 2>/dev/null)" ]; }
has_browser && has_fonts && exit 0
how='安装 Chromium（Debian：apt-get install chromium fonts-noto-cjk）后再运行，或用 CHROMIUM=/路径/chromium 指出位置'
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  has_browser || echo "没有 Chromium，浏览器测试将跳过。要运行它们：$how"
  exit 0
fi
log=$(mktemp)
printf '正在安装 Chromium 和中文字体（第一次约一分钟）…'
export DEBIAN_FRONTEND=noninteractive
if { apt-get -o Acquire::Retries=2 update && apt-get install -y --no-install-recommends chromium fonts-noto-cjk; } >"$log" 2>&1; then
  echo ' 好了'
  rm -f "$log"
elif has_browser; then
  echo
  echo "中文字体没有装上，截图里的字可能是方框；记录在 $log"
else
  echo
  echo "Chromium 没有装上（记录在 $log），浏览器测试将跳过。要运行它们：$how"
fi
exit 0
