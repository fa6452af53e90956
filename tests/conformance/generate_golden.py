"""Write ``golden/*.json``: what the published SDK makes of the cases in ``cases.py``.

The files were made with ``arthurai==3.33.3 pandas==1.5.3 numpy<2`` on Python 3.11. In an
environment that has these (and not modelgroups), from the root of the repository::

    python -m tests.conformance.generate_golden

The SDK is asked offline: a stand-in for its HTTP client answers the calls that saving makes.
"""

from __future__ import annotations

import json
import logging
import warnings
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .cases import GROUPS
from .harness import Record, Side, run

GOLDEN = Path(__file__).parent / "golden"
VERSION = "3.33.3"
WIDTH = 180


class Platform:
    """Answers like the platform: a posted model is given an id, and is ready at once."""

    def post(self, endpoint: str, json: Record, **options: Any) -> SimpleNamespace:
        """Register a model."""
        return self._answer({**json, "model_group_id": "group", "version_sequence_num": 1})

    def get(self, endpoint: str, **options: Any) -> SimpleNamespace:
        """Return a model."""
        return self._answer({})

    @staticmethod
    def _answer(body: Record) -> SimpleNamespace:
        body = {**body, "id": "model", "status": "Ready"}
        return SimpleNamespace(status_code=200, content=b"", json=lambda: body)


def sdk() -> Side:
    """Return the classes of the SDK."""
    found = import_module("arthurai").__version__
    if found != VERSION:
        raise SystemExit(f"needs arthurai {VERSION}, found {found}")
    models, attributes = (
        import_module(f"arthurai.core.{name}") for name in ("models", "attributes")
    )
    logging.getLogger("arthurai").setLevel(logging.CRITICAL)
    return Side(
        model=models.ArthurModel,
        attribute=attributes.ArthurAttribute,
        category=attributes.AttributeCategory,
        bin=attributes.AttributeBin,
        util=import_module("arthurai.util"),
        client=Platform(),
    )


def pretty(value: Any, indent: int = 0) -> str:
    """Return JSON with sorted keys, in which what fits into a line takes one."""
    flat = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if len(flat) + indent <= WIDTH or not isinstance(value, dict | list):
        return flat
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {pretty(value[key], indent + 1)}" for key in sorted(value)]
    else:
        items = [pretty(item, indent + 1) for item in value]
    inner = ",\n".join(" " * (indent + 1) + item for item in items)
    return f"{flat[0]}\n{inner}\n{' ' * indent}{flat[-1]}"


def main() -> None:
    """Run every case through the SDK and write one file for each group."""
    warnings.simplefilter("ignore")
    side = sdk()
    for name, cases in GROUPS.items():
        golden = {case.id: run(case, side).record(case) for case in cases}
        (GOLDEN / f"{name}.json").write_text(pretty(golden) + "\n", encoding="utf-8")
        print(f"{name}: {len(golden)} cases")


if __name__ == "__main__":
    main()
