"""The SDK's name of `modelgroups.model.bias.Bias`."""

from __future__ import annotations

from modelgroups.model.bias import Bias as ArthurBiasWrapper

__all__ = ["ArthurBiasWrapper"]
