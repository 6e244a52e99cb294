"""Libraries of other people that stand in this repository (第三方前端库), as static/vendor/vendor.json lists them.

`python scripts/vendor.py refresh` fetches every package with `npm pack`, copies the listed files and writes their
hashes; only whoever upgrades a library needs npm. `python scripts/vendor.py check` compares what stands here with the
list, offline, and complains about files that the list does not name.

An entry is one file: `file` is its path in the package and `target` its path here. An entry with `icons` is the sprite
that is put together from these icons of the package.
"""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "static/vendor/vendor.json"
FOLDERS = ("static/vendor", "static/icons", "tests/browser/vendor")  # hold nothing but what is listed
SOURCE_MAP = re.compile(rb"\s*(//[#@] sourceMappingURL=\S+|/\*[#@] sourceMappingURL=.*?\*/)\s*$")


def entries() -> list[dict]:
    return json.loads(LIST.read_text(encoding="utf-8"))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def problems() -> list[str]:
    """What differs from the list, in sentences; empty when all is well."""
    listed = {entry["target"]: entry for entry in entries()}
    found = [
        f"{target}：{reason}"
        for target, entry in listed.items()
        if (reason := _why_not_as_listed(ROOT / target, entry["sha256"]))
    ]
    here = {
        path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()
    }
    unlisted = here - listed.keys() - {LIST.relative_to(ROOT).as_posix()}
    return found + [f"{target}：清单里没有" for target in sorted(unlisted)]


def _why_not_as_listed(path: Path, digest: str) -> str | None:
    if not path.is_file():
        return "缺少"
    return None if sha256(path.read_bytes()) == digest else "内容与清单不符"


def refresh() -> None:
    """Copy every listed file out of its package and write its hash into the list."""
    listed = entries()
    with tempfile.TemporaryDirectory() as folder:
        packages: dict[tuple[str, str], Path] = {}
        for entry in listed:
            name = entry["package"], entry["version"]
            if name not in packages:
                packages[name] = _fetch(*name, Path(folder) / str(len(packages)))
            content = _sprite(packages[name], entry["icons"]) if "icons" in entry else _file(packages[name], entry)
            target = ROOT / entry["target"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            entry["sha256"] = sha256(content)
    LIST.write_text(json.dumps(listed, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _fetch(package: str, version: str, folder: Path) -> Path:
    folder.mkdir()
    subprocess.run(["npm", "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True, capture_output=True)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def _file(package: Path, entry: dict) -> bytes:
    """The file without the address of its source map, which is not here: collectstatic would stop at it."""
    content = (package / entry["file"]).read_bytes()
    return SOURCE_MAP.sub(b"", content) + b"\n" if entry["target"].endswith((".js", ".css")) else content


def _sprite(package: Path, icons: list[str]) -> bytes:
    symbols = []
    for name in icons:
        svg = (package / f"icons/outline/{name}.svg").read_text(encoding="utf-8")
        drawing = svg.partition("<svg")[2].partition(">")[2].rpartition("</svg>")[0]
        shapes = [line.strip() for line in drawing.splitlines() if line.strip() and 'd="M0 0h24v24H0z"' not in line]
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
            f'stroke-linecap="round" stroke-linejoin="round">{"".join(shapes)}</symbol>\n'
        )
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(symbols)}</svg>\n'.encode()


def main(task: str) -> int:
    if task == "refresh":
        refresh()
    elif task != "check":
        print("用法：python scripts/vendor.py check 或 refresh")
        return 2
    found = problems()
    print("\n".join(found) or f"第三方文件与 {LIST.relative_to(ROOT)} 一致")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or ["check"]))
