"""Answers of the ftrack server that report a refusal."""

from __future__ import annotations

from typing import Any


class ServerError(Exception):
    """A refused request: `exception`, `content` and `error_code` as they go over the wire.

    `status` is the HTTP status used in strict mode; otherwise the answer has status 200 (ftrack fact sheet,
    "Wire protocol"). Wordings not seen in recorded answers or documentation follow the database's own messages.
    """

    def __init__(self, exception: str, content: str, *, status: int = 500, error_code: str | None = None) -> None:
        super().__init__(f"{exception}({content})")
        self.exception = exception
        self.content = content
        self.status = status
        self.error_code = error_code

    def answer(self) -> dict[str, Any]:
        """The JSON object that replaces the list of results."""
        return {"exception": self.exception, "content": self.content, "error_code": self.error_code}


def invalid_credentials() -> ServerError:
    """The key is unknown, or belongs to another or inactive user."""
    content = (
        "The supplied API key is not valid. API keys are created from Settings under the page API keys. "
        'The api key should be passed in the request header "ftrack-api-key".'
    )
    return ServerError("InvalidCredentialsError", content, status=401, error_code="api_credentials_invalid")


def malformed_request(reason: str) -> ServerError:
    """The request is not a list of operations."""
    return ServerError("MalformedRequestError", reason, status=400)


def invalid_action(action: object) -> ServerError:
    """No such operation; the client looks for this wording to tell an old server."""
    return ServerError("ValidationError", f"Invalid action u'{action}'", status=400)


def unparsable(expression: str, reason: str) -> ServerError:
    """The query expression does not follow the query language."""
    return ServerError("ParseError", f"Failed to parse: {expression}. {reason}", status=400)


def unknown_entity_type(name: object) -> ServerError:
    """No entity type has this name."""
    return ServerError("ValidationError", f"Unknown entity type '{name}'.", status=400)


def unknown_attribute(entity_type: str, name: str) -> ServerError:
    """Neither the entity type nor one of its subtypes has the attribute."""
    return ServerError(
        "ValidationError", f"Attribute '{name}' does not exist on entity type '{entity_type}'.", status=400
    )


def invalid_value(message: str) -> ServerError:
    """A value that the attribute cannot hold."""
    return ServerError("ValidationError", message, status=400)


def wrong_custom_attribute(key: object, kind: str, value: object) -> ServerError:
    """A custom attribute cannot have the value; the wording is that of ftrack's documentation."""
    content = f'Custom attribute value for "{key}" must be of type {kind}. Got "{value}" of type {type(value)}'
    return ServerError("ValidationError", content, status=400)


def not_found(entity_type: str, key: object) -> ServerError:
    """Update or delete of an entity that is not there."""
    return ServerError("NoResultFound", f"No {entity_type} found with key {key}.", status=404)


def duplicate_entry(values: tuple[Any, ...], constraint: str) -> ServerError:
    """A primary key or unique constraint is taken; the client looks for the name `DuplicateEntryError`."""
    entry = "-".join(str(value) for value in values)
    return ServerError("DuplicateEntryError", f"Duplicate entry '{entry}' for key '{constraint}'", status=409)


def missing_value(column: str) -> ServerError:
    """A required attribute was left out."""
    return ServerError("IntegrityError", f"(1048, \"Column '{column}' cannot be null\")", status=409)


def incorrect_value(kind: str, value: object, column: str) -> ServerError:
    """A value of the wrong type for its attribute."""
    return ServerError(
        "IntegrityError", f"(1366, \"Incorrect {kind} value: '{value}' for column '{column}'\")", status=409
    )


def missing_parent_row(entity_type: str, column: str, value: object) -> ServerError:
    """A foreign key names an entity that does not exist."""
    content = (
        '(1452, "Cannot add or update a child row: a foreign key constraint fails '
        f"(`{entity_type}`.`{column}` = '{value}')\")"
    )
    return ServerError("IntegrityError", content, status=409)


def referenced_row(entity_type: str, referrer: str, column: str) -> ServerError:
    """An entity cannot be deleted while others need it."""
    content = (
        '(1451, "Cannot delete or update a parent row: a foreign key constraint fails '
        f'(`{entity_type}` is referenced by `{referrer}`.`{column}`)")'
    )
    return ServerError("IntegrityError", content, status=409)
