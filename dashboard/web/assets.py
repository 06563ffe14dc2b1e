"""Route that serves the JavaScript modules of the workbench's own components.

Streamlit sends the code of a component again with each change of its data.  A component therefore
has a few lines of code, which import its module from here.
"""

from __future__ import annotations

import os
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import dashboard

PACKAGE_DIR = Path(dashboard.__file__).parent
ASSETS_DIR = PACKAGE_DIR / "ui" / "assets"
MAP_MODULES_DIR = PACKAGE_DIR / "views" / "map" / "modules"
PATH = "/workbench-assets"
# While the module loads there may be several calls for one element, and the browser keeps no order
# among imports that wait for the same module: an older call would show older data, and stay.
_IMPORT = """
const latest = new WeakMap()
export default async component => {{
  latest.set(component.parentElement, component)
  const {{ default: show }} = await import(`${{location.origin}}{path}/{name}`)
  if (latest.get(component.parentElement) === component) return show(component)
}}
"""


class AssetFiles(StaticFiles):
    """Files that a browser asks for again, so that a new version is never mixed with an old one."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return the file, or that it has not changed."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response


def import_module(name: str) -> str:
    """Return a component's code that imports a module of the assets, such as ``map/map.js``."""
    return _IMPORT.format(path=PATH, name=name)


ASSETS_ROUTES = [
    Mount(f"{PATH}/map", AssetFiles(directory=MAP_MODULES_DIR)),
    Mount(PATH, AssetFiles(directory=ASSETS_DIR)),
]
