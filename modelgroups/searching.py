"""The part of `Connection` that lists models and groups, by what they are like."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from modelgroups.arguments import limit_or_none, require_flag, text_or_none
from modelgroups.calls import checked_calls
from modelgroups.catalog import groups, models
from modelgroups.criteria import key_or_none, moment_or_none
from modelgroups.group import ModelGroup
from modelgroups.lifecycle.lookup import require_group, require_model
from modelgroups.model import Model
from modelgroups.model.records import from_record

if TYPE_CHECKING:
    from modelgroups.registry import Registry

__all__ = ["Searching"]


@checked_calls
class Searching:
    """What is in the registry."""

    if TYPE_CHECKING:
        _registry: Registry

    def model_groups(
        self,
        *,
        name: str | None = None,
        tag: str | None = None,
        input_type: str | None = None,
        output_type: str | None = None,
        archived: bool | None = False,
        created_after: datetime | date | str | None = None,
        created_before: datetime | date | str | None = None,
        limit: int | None = None,
        after: ModelGroup | str | None = None,
    ) -> list[ModelGroup]:
        """Return the groups that match, in order of creation.

        Parameters
        ----------
        name
            Its name; with ``*`` for any text, and then in upper or lower case.
        tag, input_type, output_type
            At least one version has it.
        archived
            False for active groups, True for archived ones, None for both.
        created_after, created_before
            A moment with a time zone; the first is included, the second is not.
        limit
            The most groups to return.
        after
            Continue behind this group (or its id): pages neither repeat nor skip a group,
            whatever is saved between them.

        Raises
        ------
        UserTypeError, UserValueError
            An argument cannot be what it is named for.
        NotFoundError
            There is no group to continue behind.

        Examples
        --------
        >>> import modelgroups as mg
        >>> with mg.connect(":memory:") as connection:
        ...     connection.model_groups(name="card*")
        []
        """
        wanted = groups.GroupFilter(
            name=text_or_none(name, "name"),
            tag=text_or_none(tag, "tag"),
            input_type=text_or_none(input_type, "input_type"),
            output_type=text_or_none(output_type, "output_type"),
            archived=None if archived is None else require_flag(archived, "archived"),
            created_after=moment_or_none(created_after, "created_after"),
            created_before=moment_or_none(created_before, "created_before"),
        )
        key, most = key_or_none(after, ModelGroup, "after"), limit_or_none(limit, "limit")
        with self._registry.catalog.read() as session:
            if key is not None:
                require_group(session, key)
            found = groups.list_matching(session, wanted, after=key, limit=most)
        return [
            ModelGroup._from_record(record, self._registry)  # noqa: SLF001
            for record in found
        ]

    def models(
        self,
        *,
        name: str | None = None,
        group: ModelGroup | str | None = None,
        tag: str | None = None,
        input_type: str | None = None,
        output_type: str | None = None,
        label: str | None = None,
        attribute: str | None = None,
        partner_model_id: str | None = None,
        archived: bool | None = False,
        created_after: datetime | date | str | None = None,
        created_before: datetime | date | str | None = None,
        limit: int | None = None,
        after: Model | str | None = None,
    ) -> list[Model]:
        """Return the saved models that match, in order of saving.

        Each reads its attributes from the registry when they are first used.

        Parameters
        ----------
        name
            Its display name; with ``*`` for any text, and then in upper or lower case.
        group
            A group, or its id.
        tag, input_type, output_type, label, partner_model_id
            Equal to the model's.
        attribute
            The name of one of its attributes.
        archived
            False for active models, True for archived ones, None for both.
        created_after, created_before
            A moment with a time zone; the first is included, the second is not.
        limit
            The most models to return.
        after
            Continue behind this model (or its id): pages neither repeat nor skip a model,
            whatever is saved between them.

        Raises
        ------
        UserTypeError, UserValueError
            An argument cannot be what it is named for.
        NotFoundError
            There is no model to continue behind.

        Examples
        --------
        >>> import modelgroups as mg
        >>> with mg.connect(":memory:") as connection:
        ...     model = connection.model("m-1", "NLP", "TOKEN_SEQUENCE", tags=["answers"])
        ...     _ = model.build_token_sequence_model("question", "answer")
        ...     _ = model.save()
        ...     connection.models(tag="answers", attribute="question")
        [<Model 'm-1' version 1: NLP → TOKEN_SEQUENCE, saved, id ...>]
        """
        wanted = models.ModelFilter(
            name=text_or_none(name, "name"),
            group_id=key_or_none(group, ModelGroup, "group"),
            tag=text_or_none(tag, "tag"),
            input_type=text_or_none(input_type, "input_type"),
            output_type=text_or_none(output_type, "output_type"),
            label=text_or_none(label, "label"),
            attribute=text_or_none(attribute, "attribute"),
            partner_model_id=text_or_none(partner_model_id, "partner_model_id"),
            archived=None if archived is None else require_flag(archived, "archived"),
            created_after=moment_or_none(created_after, "created_after"),
            created_before=moment_or_none(created_before, "created_before"),
        )
        key, most = key_or_none(after, Model, "after"), limit_or_none(limit, "limit")
        with self._registry.catalog.read() as session:
            if key is not None:
                require_model(session, key)
            found = models.list_matching(session, wanted, after=key, limit=most)
        return [from_record(Model, record, self._registry) for record in found]
