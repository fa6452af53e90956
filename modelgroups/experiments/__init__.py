"""Experiments: which of two versions is better, how sure that is, and who gets which of them.

The statistics are pure: counts and arrays in, an `effect.Effect` or an interval out, no clock and
no randomness without a seed. What they cannot tell (a rate of nothing, the AUC of one class, a
difference that does not vary) is None with a reason, never an exception and never NaN. `rates`,
`areas`, `means`, `smooth` and `resampling` compare two versions once; `sequential` compares them
as often as one likes; `sizes` says how many more are needed, `several` what is left of it when
many things were compared, `traffic` whether the traffic was split as it should be, and `assign`
splits it. `compare` puts them together over the inference logs of a group's versions. `deploy`
plans and evaluates deployments by the rules of `decide`, `deployment` and `serve` run them.
"""
