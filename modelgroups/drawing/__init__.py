"""What every picture needs: a figure, and texts without formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelgroups.errors import MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["new_figure", "shown"]


def new_figure(method: str, width: float, height: float) -> Figure:
    """Return an empty figure that needs no display, and that notebooks show.

    Where pyplot is in use it is its current figure, so that ``plt.savefig()`` and ``plt.show()``
    work; else nothing keeps it. `modelgroups.drawing.picture` tells more.

    Parameters
    ----------
    method
        What draws it, for the error.
    width, height
        In inches.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401

        from modelgroups.drawing.picture import new_picture
    except ImportError as error:
        raise MissingDependencyError(
            f"{method}() needs matplotlib; install it with: python -m pip install "
            "'modelgroups[viz]'"
        ) from error
    return new_picture(width, height)


def shown(value: Any, most: int | None = None) -> str:
    r"""Return a value as one line of text in which nothing is a formula.

    Parameters
    ----------
    value
        A text of the user, or another value; None is shown as missing.
    most
        How many characters at most.

    Examples
    --------
    >>> print(shown("from $5\nto $9"), shown("a long category", 10), shown(None))
    from \$5 to \$9 a long ca… missing
    """
    text = " ".join(("missing" if value is None else str(value)).split())
    if most is not None and len(text) > most:
        text = f"{text[: most - 1].rstrip()}…"
    return text.replace("$", r"\$")
