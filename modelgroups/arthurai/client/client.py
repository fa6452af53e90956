"""`ArthurAI`, the SDK's front door, here opening a registry on this machine.

It opens the registry when it is made, so it is imported lazily.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from modelgroups.arthurai.client._local import (
    LAST_MODEL_ID,
    ORG_ID_HEADER,
    LocalClient,
    local_client,
)
from modelgroups.arthurai.common.exceptions import arthur_excepted
from modelgroups.errors import UserTypeError, UserValueError

if TYPE_CHECKING:
    from modelgroups.group import ModelGroup
    from modelgroups.model import Model

__all__ = ["ORG_ID_BODY", "ORG_ID_HEADER", "UNKNOWN_ORG_ID", "ArthurAI", "new_requests_client"]

UNKNOWN_ORG_ID = "unknown"
ORG_ID_BODY = "organization_id"

_TRUE = {"y", "yes", "t", "true", "on", "1"}
_FALSE = {"n", "no", "f", "false", "off", "0"}


def new_requests_client(*args: Any, **kwargs: Any) -> LocalClient:  # noqa: ARG001  # all ignored
    """Return the client of the default registry; addresses and credentials are ignored."""
    return local_client()


class ArthurAI:
    """The SDK's client, on a registry of this machine.

    Parameters
    ----------
    config, url, access_key, offline, login, password, organization_id, allow_insecure
        Taken and ignored: nothing is contacted, and nothing is asked for.
    verify_ssl
        Must be a boolean where it is given, and is otherwise ignored.
    location
        The folder of the registry, or ``":memory:"``; by default the environment variable
        ``MODELGROUPS_HOME``, else the user's data folder. Clients of one place share one
        connection.

    Raises
    ------
    UserTypeError
        `verify_ssl` is not a boolean.
    UserValueError
        The environment variable ``VERIFY_SSL`` is not one either.

    Examples
    --------
    >>> arthur = ArthurAI(url="https://app.arthur.ai", login="me", location=":memory:")
    >>> model = arthur.model("credit", input_type="TABULAR", output_type="MULTICLASS")
    >>> model.display_name
    'credit'
    >>> arthur.client.connection.close()
    """

    def __init__(
        self,
        config: dict[str, Any] | None = None,  # noqa: ARG002  # accepted and ignored, as are ...
        verify_ssl: bool | None = None,
        url: str | None = None,  # noqa: ARG002
        access_key: str | None = None,  # noqa: ARG002
        offline: bool = False,  # noqa: ARG002
        login: str | None = None,  # noqa: ARG002
        password: str | None = None,  # noqa: ARG002
        organization_id: str | None = None,  # noqa: ARG002
        allow_insecure: bool = False,  # noqa: ARG002
        *,
        location: str | os.PathLike[str] | None = None,
    ) -> None:
        self.verify_ssl = _as_verify_ssl(verify_ssl)
        self.client = local_client(location)

    def model(
        self,
        partner_model_id: str | None = None,
        input_type: str | None = None,
        output_type: str | None = None,
        model_type: str | None = None,
        display_name: str | None = None,
        description: str | None = None,
        tags: list[str] | None = None,
        classifier_threshold: float | None = None,
        is_batch: bool = False,
        text_delimiter: str | None = None,
        expected_throughput_gb_per_day: int | None = None,
        pixel_height: int | None = None,
        pixel_width: int | None = None,
        *,
        name: str | None = None,
    ) -> Model:
        """Return a new model, not saved yet.

        Parameters
        ----------
        partner_model_id
            Your own id of the model; by default made from `display_name` and the time.
        input_type, output_type
            An `InputType` and an `OutputType`.
        model_type
            The old name of `output_type`.
        display_name
            The name to show; by default `partner_model_id`.
        description, tags, classifier_threshold, is_batch, text_delimiter
            Fields of the model.
        expected_throughput_gb_per_day, pixel_height, pixel_width
            Fields of the model.
        name
            Another name of `display_name`, which some published examples use.

        Raises
        ------
        MissingParameterError
            `input_type`, `output_type`, or both the id and the name are missing.
        UserValueError
            `name` and `display_name` differ, or a type is none that there is.
        """
        if name is not None and display_name not in (None, name):
            raise UserValueError(
                f"name={name!r} and display_name={display_name!r} mean the same; give one of them"
            )
        return self.client.connection.model(
            partner_model_id=partner_model_id,
            input_type=input_type,
            output_type=output_type,
            model_type=model_type,
            display_name=name if display_name is None else display_name,
            description=description,
            tags=tags,
            classifier_threshold=classifier_threshold,
            is_batch=is_batch,
            text_delimiter=text_delimiter,
            expected_throughput_gb_per_day=expected_throughput_gb_per_day,
            pixel_height=pixel_height,
            pixel_width=pixel_width,
        )

    @arthur_excepted("failed to retrieve model")
    def get_model(self, identifier: str, id_type: str = "id") -> Model:
        """Return a saved model.

        Parameters
        ----------
        identifier
            The id of the model.
        id_type
            Which id that is: ``"id"`` or ``"partner_model_id"``.

        Raises
        ------
        UserValueError
            `id_type` is neither.
        ResponseClientError
            There is no such model.
        """
        model = self.client.connection.get_model(identifier, id_type=id_type)
        if model.id is not None:
            os.environ[LAST_MODEL_ID] = model.id
        return model

    @arthur_excepted("failed to retrieve model group")
    def get_model_group(self, id_or_model: str | Model) -> ModelGroup:
        """Return the model group with that id, or the one of a model.

        Raises
        ------
        UserTypeError
            The argument is neither an id nor a model.
        UserValueError
            The model has no group yet.
        ResponseClientError
            There is no such group.
        """
        return self.client.connection.get_model_group(id_or_model)

    @arthur_excepted("failed to get service accounts")
    def get_service_accounts(self, description: str | None = None) -> list[dict[str, str]]:
        """Return the service accounts made in this process, or those of that description."""
        return [
            dict(account)
            for account in self.client.service_accounts
            if description is None or account["description"] == description
        ]

    @arthur_excepted("failed to create service account")
    def create_service_account(self, description: str, role: str) -> dict[str, str]:  # noqa: ARG002  # a local registry knows no roles
        """Return a new service account, kept while the process lives; its token opens nothing."""
        return dict(self.client.add_service_account(description))

    @arthur_excepted("failed to retrieve current organization")
    def get_current_org(self) -> dict[str, str]:
        """Return the organization: a fixed local one, with the id last set."""
        return {
            "id": self.client.headers[ORG_ID_HEADER],
            "name": "local",
            "plan": "local",
            "created_at": "1970-01-01T00:00:00+00:00",
        }

    @arthur_excepted("failed to set the current organization")
    def set_current_org(self, org_id: str) -> None:
        """Remember the id of an organization; it changes nothing else."""
        self.client.headers[ORG_ID_HEADER] = org_id


def _as_verify_ssl(verify_ssl: object) -> bool:
    if isinstance(verify_ssl, bool):
        return verify_ssl
    if verify_ssl is not None:
        raise UserTypeError(
            f"verify_ssl must be True or False, got {type(verify_ssl).__name__} {verify_ssl!r}"
        )
    text = os.environ.get("VERIFY_SSL") or "true"
    if text.lower() not in _TRUE | _FALSE:
        raise UserValueError(
            f"the environment variable VERIFY_SSL is {text!r}; it must be true or false"
        )
    return text.lower() in _TRUE
