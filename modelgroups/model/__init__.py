"""`Model`: one version of a model, before and after it is saved."""

from modelgroups.model.fields import ExplainabilityParameters
from modelgroups.model.model import Model

__all__ = ["ExplainabilityParameters", "Model"]
