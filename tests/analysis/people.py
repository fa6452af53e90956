"""People of three groups, whose scores are good to a different degree; the same in every NumPy."""

import numpy as np
import pandas as pd


def people(n=900):
    numbers = np.random.RandomState(11)
    group = numbers.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    truth = (numbers.rand(n) < pd.Series(group).map({"a": 0.5, "b": 0.35, "c": 0.2})).astype(int)
    noise = pd.Series(group).map({"a": 0.9, "b": 1.3, "c": 1.1}).to_numpy()
    score = 1 / (1 + np.exp(-(1.6 * truth - 0.8 + noise * numbers.randn(n))))
    age = numbers.randint(18, 90, n)
    return pd.DataFrame({"group": group, "age": age, "p": score.round(3), "y": truth})
