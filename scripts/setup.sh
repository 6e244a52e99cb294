#!/bin/sh
# 建立虚拟环境并安装依赖：scripts/setup.sh requirements.txt。出错时只说一句：哪里不对，怎么办
set -u
requirements=$1
venv=.venv
log=$venv/pip.log
tell() { echo "$1" >&2; exit 1; }

suits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

python=${PYTHON:-}
if [ -n "$python" ]; then
  command -v "$python" >/dev/null 2>&1 || tell "没有找到 $python。请安装 Python 3.11 或更新版本，或用 make PYTHON=/路径/python3.11 指定"
  suits "$python" || tell "$python 的版本过低。请安装 Python 3.11 或更新版本，再用 make PYTHON=/路径/python3.11 指定"
else
  for candidate in python3.11 python3 python3.12 python3.13; do
    if command -v "$candidate" >/dev/null 2>&1 && suits "$candidate"; then python=$candidate; break; fi
  done
  [ -n "$python" ] || tell "没有找到 Python 3.11 或更新版本。请安装它（Debian 12：apt-get install python3），或用 make PYTHON=/路径/python3.11 指定"
fi

if ! suits "$venv/bin/python"; then
  mkdir -p "$venv" 2>/dev/null && [ -w "$venv" ] || tell "不能写 $(pwd)/$venv。请用有权限的用户运行，或把项目复制到自己的文件夹"
  # Debian 把 ensurepip 放在另一个包里：没有它时用系统的 pip 装到虚拟环境里
  "$python" -m venv --clear "$venv" >/dev/null 2>&1 || "$python" -m venv --clear --without-pip "$venv" >/dev/null 2>&1 ||
    tell "不能建立虚拟环境。请安装 venv（Debian：apt-get install python3-venv）"
fi

if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  pip="$venv/bin/python -m pip"
elif "$python" -m pip --python "$venv/bin/python" --version >/dev/null 2>&1; then
  pip="$python -m pip --python $venv/bin/python"
else
  tell "没有 pip。请安装它（Debian：apt-get install python3-venv python3-pip）"
fi

[ -w "$venv" ] || tell "不能写 $(pwd)/$venv。请用有权限的用户运行，或把项目复制到自己的文件夹"
printf '正在安装依赖（第一次约一分钟）…'
# shellcheck disable=SC2086
if $pip install --disable-pip-version-check --no-input -r "$requirements" >"$log" 2>&1; then
  echo ' 好了'
  exit 0
fi
echo
if grep -qE 'No space left|Errno 28' "$log"; then
  tell "磁盘已满，依赖没有装完。请腾出约 1 GB 空间再试"
elif grep -qE 'NewConnectionError|NameResolutionError|Temporary failure|ConnectTimeout|ReadTimeout|ProxyError|SSLError|Connection (refused|reset)|Network is unreachable|ConnectionResetError|50[0-9] Server Error' "$log"; then
  tell "依赖下载不了。请检查网络，或用 PIP_INDEX_URL 指定能用的软件源再试；全部记录在 $log"
elif grep -q 'No matching distribution found for' "$log"; then
  package=$(sed -n 's/.*No matching distribution found for \([^ ]*\).*/\1/p' "$log" | head -n 1)
  tell "软件源里没有适合这台机器的 $package。请核对网络和软件源（PIP_INDEX_URL），或改用 x86_64 / aarch64 的 Linux（glibc）或 macOS；全部记录在 $log"
elif grep -qE 'Permission denied|Errno 13' "$log"; then
  tell "没有权限写 $venv。请用建立它的用户运行，或删掉它再试；全部记录在 $log"
fi
tell "依赖没有装上（$(grep -E 'ERROR|error' "$log" | tail -n 1 | cut -c 1-160)）。全部记录在 $log"
