"""Pages of what was gathered. Loads Jinja2 where it is called."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from modelgroups import __version__
from modelgroups.drawing.looks import colour_of
from modelgroups.drawing.texts import list_text
from modelgroups.errors import MissingDependencyError
from modelgroups.report import words

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["page_of", "require_jinja"]

_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_FILTERS = {
    "briefcount": words.brief_count,
    "bytes": words.bytes_text,
    "count": words.count_text,
    "listed": list_text,
    "moment": words.moment_text,
    "number": words.number_text,
    "p": words.p_text,
    "share": words.share_text,
    "short": words.short,
    "shortnumber": words.short_number,
    "value": words.value_text,
    "versioncolour": colour_of,
}


def require_jinja() -> None:
    """Raise unless Jinja2 is installed: before anything is computed in vain.

    Raises
    ------
    MissingDependencyError
        It is not.
    """
    try:
        import jinja2  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError(
            "a report needs Jinja2; install it with: python -m pip install 'modelgroups[report]'"
        ) from error


def page_of(template: str, **values: Any) -> str:
    """Return the page that a template makes of values; no text in them is ever markup.

    Parameters
    ----------
    template
        The name of a file in ``templates``, without its ending.
    values
        What it shows.
    """
    at = words.moment_text(datetime.now(UTC))
    return _environment().get_template(f"{template}.html").render(
        **values, made_at=at, made_by=__version__
    )  # fmt: skip


def _visible(value: Any) -> Any:
    """Return a text without what would act on its surroundings: turns of direction, controls.

    >>> _visible("a" + chr(0x202E) + "b"), _visible(1)
    ('a\ufffdb', 1)
    """
    return _ACTING.sub("\N{REPLACEMENT CHARACTER}", value) if type(value) is str else value


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("modelgroups.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    return environment
