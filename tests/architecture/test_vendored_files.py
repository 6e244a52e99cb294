"""Libraries of other people are exactly what the list says (第三方前端库), with their licence beside them."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def vendor(tmp_path, monkeypatch):
    """scripts/vendor.py, looking at a small copy of its own."""
    spec = importlib.util.spec_from_file_location("vendor", ROOT / "scripts/vendor.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    target = tmp_path / "static/vendor/thing/thing.js"
    target.parent.mkdir(parents=True)
    target.write_bytes(b"thing()\n")
    listed = [{"target": "static/vendor/thing/thing.js", "sha256": module.sha256(b"thing()\n")}]
    (tmp_path / "static/vendor/vendor.json").write_text(json.dumps(listed))
    module.here = target
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "LIST", tmp_path / "static/vendor/vendor.json")
    return module


def test_everything_is_as_listed(vendor, monkeypatch):
    assert vendor.problems() == []
    monkeypatch.undo()
    assert vendor.problems() == []


def test_a_changed_a_missing_and_an_unlisted_file_are_named(vendor):
    vendor.here.write_bytes(b"other()\n")
    assert vendor.problems() == ["static/vendor/thing/thing.js：内容与清单不符"]
    vendor.here.unlink()
    (vendor.here.parent / "more.js").write_bytes(b"more()")
    assert vendor.problems() == ["static/vendor/thing/thing.js：缺少", "static/vendor/thing/more.js：清单里没有"]


def test_every_package_has_its_licence_here_and_no_source_map(vendor, monkeypatch):
    monkeypatch.undo()
    entries = vendor.entries()
    licensed = {entry["package"] for entry in entries if "LICENSE" in entry["target"]}
    assert licensed == {entry["package"] for entry in entries}
    for entry in entries:
        if entry["target"].startswith("static/") and entry["target"].endswith((".js", ".css")):
            assert b"sourceMappingURL" not in (ROOT / entry["target"]).read_bytes()
    assert b"sourceMappingURL" not in vendor.SOURCE_MAP.sub(b"", b"x()\n//# sourceMappingURL=x.js.map\n")
