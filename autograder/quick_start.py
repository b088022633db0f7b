"""Imported before anything that reads notebooks: two seconds less at every start of a command.

jsonschema, which checks a notebook's form, would load rfc3987_syntax to check addresses in other scripts than Latin. No
notebook's form has such a field, and the package builds a grammar when it is imported.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
