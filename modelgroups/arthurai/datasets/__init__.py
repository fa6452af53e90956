"""Names of the SDK's example data, which are downloads and refused here."""

from __future__ import annotations

from modelgroups.arthurai._lazy import lazy_attributes
from modelgroups.arthurai.datasets.arthur_example import ArthurExample

__all__ = ["ArthurExample"]

__getattr__ = lazy_attributes(__name__, ["download"])
