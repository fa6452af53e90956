"""The commands that there are, in the order of the help.

To add one: a line here, and a function in the module of its family.
"""

from __future__ import annotations

from typing import Final

__all__ = ["COMMANDS"]

COMMANDS: Final = {
    "init": ("registry", "Make a registry."),
    "demo": ("registry", "Try it: train two classifiers, save and use them."),
    "build": ("building", "Make a version from reference data in a file."),
    "groups": ("registry", "List the groups."),
    "versions": ("versions", "List the versions of a group."),
    "show": ("versions", "Show what a version is, and has received."),
    "review": ("versions", "Show the schema of a version."),
    "send": ("sending", "Store what the model predicted."),
    "ground-truth": ("sending", "Store what really happened."),
    "inferences": ("sending", "Show inferences."),
    "metrics": ("asking", "Show metrics over time and by group."),
    "drift": ("asking", "Show how far inferences have drifted."),
    "query": ("asking", "Answer a query in the query language."),
    "alerts": ("asking", "List the alerts that rules have raised."),
    "compare": ("versions", "Say which version is better, and how sure that is."),
    "report": ("reporting", "Write a page about a version, a group, or all."),
    "diff": ("promoting", "Show what differs between two versions."),
    "alias": ("promoting", "List the aliases of a group, or set one."),
    "promote": ("promoting", "Make a version the champion of its group."),
    "rollback": ("promoting", "Make an earlier champion the champion again."),
    "deploy": ("deploying", "Bring a version in: A/B test, canary, shadow."),
    "archive": ("versions", "Hide a version, or a whole group."),
    "restore": ("versions", "Bring an archived version or group back."),
    "audit": ("custody", "Show every change of the registry."),
    "export": ("custody", "Write a group into one file."),
    "import": ("custody", "Take in a group from a file."),
    "backup": ("custody", "Copy the registry."),
    "verify": ("registry", "Check every file and every row."),
    "gc": ("registry", "Remove the files that nothing refers to."),
    "compact": ("sending", "Bring the log of a version into few files."),
}
"""Each command with the module of its family and a line on it, so that help loads none."""
