"""Whether schemathesis had each operation of an OpenAPI document answered with a success: answered.py DOCUMENT REPORT.ndjson"""

import json
import sys

METHODS = {"get", "put", "post", "delete", "patch"}

# Operations that need no success here, each with the reason.
EXCEPT = {
    "GET /api/v1/openapi.json": "schemathesis reads it before it begins, and leaves it out of what it tests",
}


def operations(document):
    """Method and path of each operation."""
    with open(document, encoding="utf-8") as file:
        paths = json.load(file)["paths"]
    return {f"{method.upper()} {path}" for path, item in paths.items() for method in item if method in METHODS}


def answers(report):
    """The statuses by operation, of requests with its own method."""
    found = {}
    with open(report, encoding="utf-8") as file:
        for line in file:
            recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder")
            if recorder is None:
                continue
            label = recorder["label"]
            for interaction in recorder["interactions"].values():
                if interaction["response"] and label.startswith(f"{interaction['request']['method']} "):
                    found.setdefault(label, []).append(interaction["response"]["status_code"])
    return found


def faults(known, found):
    """A line for each operation that is not as it should be."""
    succeeds = {label for label, statuses in found.items() if any(200 <= status < 300 for status in statuses)}
    for label in sorted(known - succeeds - EXCEPT.keys()):
        yield f"{label}: no success among {sorted(set(found.get(label, [])))}"
    for label in sorted(EXCEPT.keys() & succeeds):
        yield f"{label}: is excepted and succeeds"
    for label in sorted((found.keys() | EXCEPT.keys()) - known):
        yield f"{label}: is not in the document"


def main():
    known, found = operations(sys.argv[1]), answers(sys.argv[2])
    wrong = list(faults(known, found))
    if wrong:
        sys.exit("\n".join(["Operations that schemathesis did not see succeed:", *wrong]))
    print(f"{len(known) - len(EXCEPT)} of {len(known)} operations were answered with a success; not asked for: {', '.join(sorted(EXCEPT))}")


main()
