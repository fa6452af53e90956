"""Pictures of what versions received, and of how they did.

`versions` says what is asked of a version, `series`, `timelines` and `thresholds` ask it, and
`lines`, `bands` and `curves` draw what they found, in the looks of `looks`.
"""

from __future__ import annotations
