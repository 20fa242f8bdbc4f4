"""How the API says no: the same form everywhere, documented in the OpenAPI."""

from typing import Any

from ninja import Field, Schema


class Fault(Schema):
    """Why a request was refused."""

    detail: str = Field(description="What is wrong, in English and Chinese where it is a rule of ours.")
    code: str = Field("", description="Stable identifier of the broken rule.")


class Faults(Schema):
    """Which parameters or fields have a wrong form."""

    detail: list[dict[str, Any]]


REFUSALS: dict[int, Any] = {401: Fault, 422: Faults}
"""Answers that every operation can give."""
