"""Entry of the template process: ``python -I worker SETTINGS``, the control socket as descriptor 0.

Loads this folder as the package ``worker`` and ``course_utils`` from its own folder, so that neither needs the
checkout's root on the path.
"""

import importlib.util
import json
import os
import socket
import sys


def _load_package(name: str, folder: str) -> None:
    spec = importlib.util.spec_from_file_location(
        name, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def main() -> None:
    settings = json.loads(sys.argv[1])
    del sys.argv[1:]
    # An editable install would lead imports to the checkout; nothing here is to come from there.
    sys.path[:] = [p for p in sys.path if os.path.realpath(p) not in settings["hidden"]]
    sys.meta_path[:] = [f for f in sys.meta_path if "editable" not in getattr(f, "__module__", "").lower()]
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _load_package("worker", os.path.dirname(os.path.abspath(__file__)))
    _load_package("course_utils", settings["course_utils"])
    from worker import template  # type: ignore[import-not-found]

    template.run(control, settings)


if __name__ == "__main__":
    main()
