"""Starts edgepix, a native program, where Lambda@Edge offers only Python and Node.js.

Lambda imports this file before it asks for the first event. The import becomes the binary
beside it (execv: same process, same environment), which asks for the events itself, so
Python is gone by the time the first one comes. If that fails, the handler below answers
every event with what the origin answered: nobody loses an image over us.
Handler: lambda_function.handler, Python 3.11 or later.
"""

import json
import os

BINARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "edgepix")

# Once the process is the binary, Python cannot see it fail: a C library that is too old, a
# processor without an instruction, a crash. So a file stands for a start whose outcome is
# not known. The binary removes it after its first answer; Lambda keeps the folder when it
# starts a failed environment again, and then the file is still there.
MARKER = os.path.join(os.environ.get("TMPDIR") or "/tmp", "edgepix-starting")


def start():
    """Becomes the binary. Returns only if it cannot, and says why."""
    try:
        os.close(os.open(MARKER, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return "an earlier start ended before its first answer"
    except OSError as error:
        return f"marker: {error}"
    try:
        os.environ["EDGEPIX_STARTING"] = MARKER
        os.execv(BINARY, [BINARY, "lambda"])
    except OSError as error:  # Missing, not executable, or made for another machine.
        os.remove(MARKER)
        return f"exec: {error}"


reason = start()
report = {"level": "ERROR", "message": "edgepix: pass-through", "reason": reason}
print(json.dumps(report), flush=True)


def handler(event, context):
    """Answers an origin-response event with the origin's own response, and says so."""
    response = event["Records"][0]["cf"]["response"]
    response.setdefault("headers", {})["x-edgepix"] = [
        {"key": "X-Edgepix", "value": "passthrough; reason=launcher"}
    ]
    return response
