"""The base of the SDK's dataclasses."""

from __future__ import annotations

from modelgroups.schema.serial import JsonDataclass as ArthurBaseJsonDataclass

__all__ = ["ArthurBaseJsonDataclass", "NumberType"]

NumberType = int | float
