"""The code of a component that imports its module: which of several calls reach the module."""

import json
import os
import shutil
import subprocess

import pytest

from dashboard.web.assets import PATH, import_module

MODULE = """
globalThis.shown = []
export default ({ data }) => shown.push(data)
"""
CALLS = """
globalThis.location = { origin: ORIGIN }
const { default: call } = await import(CODE)
const [first, second] = [{}, {}]
const loading = [
  call({ parentElement: first, data: "old" }),
  call({ parentElement: second, data: "other" }),
  call({ parentElement: first, data: "new" }),
]
await Promise.all(loading)
await call({ parentElement: first, data: "newer" })
console.log(JSON.stringify(shown))
"""


@pytest.mark.external
def test_of_the_calls_for_an_element_while_its_module_loads_only_the_last_one_counts(tmp_path):
    node = shutil.which("node")
    if node is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no node: apt install nodejs")
    folder = tmp_path / PATH.strip("/")
    folder.mkdir()
    (folder / "part.mjs").write_text(MODULE)
    code = tmp_path / "code.mjs"
    code.write_text(import_module("part.mjs"))
    origin = tmp_path.as_uri()
    script = CALLS.replace("ORIGIN", json.dumps(origin)).replace("CODE", json.dumps(code.as_uri()))

    ran = subprocess.run(
        [node, "--input-type=module", "-e", script], capture_output=True, text=True, check=False
    )

    assert ran.stderr == ""
    assert sorted(json.loads(ran.stdout)) == ["new", "newer", "other"]
