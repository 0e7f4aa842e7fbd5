#!/usr/bin/env python3
"""Writes viewer-request.js into the templates, which CloudFormation wants to hold its code.

    edge/deploy/templates.py            writes it, after viewer-request.js was changed
    edge/deploy/templates.py --check    says which templates are not as it would write them

The settings in the code's first lines are those of each template, some of them from its
parameters: the text is put through Fn::Sub.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE / "viewer-request.js"

PARAMETERS = {
    "dialects": "'${Dialects}'.split(',')",
    "unsaid": "'${Format}' === 'auto'",
    "signed": "'${Signed}' === 'true'",
}
SETTINGS = {
    "edge.yaml": {**PARAMETERS, "stored": "false"},
    "function-url.yaml": {**PARAMETERS, "stored": "true"},
}


def with_settings(code, settings):
    """The code with other settings: whole lines of its settings object, `NAME: VALUE,`."""
    if "${" in code:
        raise ValueError("${ means a parameter to Fn::Sub; write it otherwise")
    head, end, rest = code.partition("\n};\n")
    for name, value in settings.items():
        line = re.compile(rf"^(    {name}: )(.*?)(,?)$", re.MULTILINE)
        head, found = line.subn(lambda old, value=value: old[1] + value + old[3], head)
        if not end or found != 1:
            raise ValueError(f"{found} lines with the setting {name}, not one")
    return head + end + rest


def written(template, code):
    """The template with the code in it, in place of what its FunctionCode was."""
    lines = template.split("\n")
    places = [at for at, line in enumerate(lines) if line.strip() == "- |  # viewer-request.js"]
    if len(places) != 1:
        raise ValueError(f"{len(places)} places for the code, not one")
    start = places[0] + 1
    margin = " " * (len(lines[places[0]]) - len(lines[places[0]].lstrip()) + 2)
    end = start
    while not lines[end] or lines[end].startswith(margin):
        end += 1
    text = [margin + line if line else "" for line in code.rstrip("\n").split("\n")]
    return "\n".join(lines[:start] + text + lines[end:])


def main():
    """Writes or checks; ends with 1 if something is not as it should be."""
    code = SOURCE.read_text()
    stale = []
    for name, settings in SETTINGS.items():
        path = HERE / name
        new = written(path.read_text(), with_settings(code, settings))
        if new != path.read_text():
            stale.append(name)
            if "--check" not in sys.argv[1:]:
                path.write_text(new)
    for name in stale:
        print(f"{name}: written anew" if "--check" not in sys.argv[1:] else f"{name}: is stale")
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
