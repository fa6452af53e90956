"""Colours for plots, under the SDK's names."""

from __future__ import annotations

__all__ = ["alpha", "categorical_palette", "continuous_palette", "multi_categorical_palette_names"]

alpha = 0.7

# From dark to light blue-grey, 30 steps of red, green and blue.
continuous_palette = [
    [0.16 + 0.53 * step / 29, 0.16 + 0.50 * step / 29, 0.28 + 0.47 * step / 29]
    for step in range(30)
]

# Okabe and Ito's colours, which people with colour vision deficiency can tell apart.
categorical_palette = [
    (0.90, 0.62, 0.00, alpha),
    (0.34, 0.71, 0.91, alpha),
    (0.00, 0.62, 0.45, alpha),
    (0.94, 0.89, 0.26, alpha),
    (0.00, 0.45, 0.70, alpha),
    (0.84, 0.37, 0.00, alpha),
    (0.80, 0.47, 0.65, alpha),
    (0.40, 0.40, 0.40, alpha),
    (0.00, 0.00, 0.00, alpha),
]

# ColorBrewer palettes, one for each group of series.
multi_categorical_palette_names = [
    "Blues",
    "Oranges",
    "Greens",
    "Purples",
    "Reds",
    "Greys",
    "YlGn",
    "PuBu",
    "RdPu",
    "YlOrBr",
]
