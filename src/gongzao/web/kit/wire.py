"""How values travel over HTTP: read strictly, as the schema says, and written with everything they hold."""

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field
from ninja.parser import Parser
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder
from pydantic import AwareDatetime, BeforeValidator, WithJsonSchema

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DECIMAL = r"-?[0-9]{1,30}(\.[0-9]{1,30})?"
_LARGEST = 10**20  # no field takes more, and a number with a huge exponent is never written out


def _day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("a day is written YYYY-MM-DD / 日期须写作 YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_day)]
"""A day as ``2026-01-31``; a bare number is no day."""


def _moment(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _DAY.match(value) and "T" in value.upper()):
        return value
    raise ValueError("a time is written YYYY-MM-DDThh:mm:ss and its offset / 时间须写作 YYYY-MM-DDThh:mm:ss 加时区")


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
"""A time with its offset as ``2026-01-31T09:00:00+08:00``; a bare number is no time."""


def _whole(value: object) -> object:
    if isinstance(value, Decimal) and value.is_finite() and -_LARGEST <= value <= _LARGEST:
        return int(value) if value == value.to_integral_value() else value
    return value


def whole(low: int, high: int, description: str | None = None) -> Any:
    """Return the type of a whole number in a body, ``low`` to ``high``; 5.0 is the number 5, as in JSON Schema."""
    return Annotated[int, Field(ge=low, le=high, strict=True, description=description), BeforeValidator(_whole)]


def decimal(most: int, places: int) -> Any:
    """Return the type of an exact number in a body, within ±``most`` with at most ``places`` decimals.

    The schema asks for text of digits where there are decimals, for JSON Schema cannot say how many a number may have;
    a JSON number with a point is read exactly all the same.
    """

    def read(value: object) -> object:
        if isinstance(value, bool) or (isinstance(value, str) and not re.fullmatch(_DECIMAL, value)):
            raise ValueError("a number is written with digits and a point / 数值须由数字和小数点组成")
        return value

    schema = {
        "anyOf": [
            {"type": "integer", "minimum": -most, "maximum": most},
            {"type": "string", "pattern": rf"^-?[0-9]{{1,{len(str(most)) - 1}}}(\.[0-9]{{1,{places}}})?$"},
        ]
    }
    bounds = Field(ge=-most, le=most, decimal_places=places)
    return Annotated[Decimal, bounds, BeforeValidator(read), WithJsonSchema(schema)]


class ExactParser(Parser):
    """Reads a body without rounding: what has a point or an exponent becomes a decimal number."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body; raises ``ValueError`` if it is no JSON."""
        return json.loads(request.body, parse_float=Decimal)


class _Exact(NinjaJSONEncoder):
    def default(self, o: Any) -> Any:
        """Write a time with all its microseconds, for hashes cover them."""
        return o.isoformat(timespec="microseconds") if isinstance(o, datetime) else super().default(o)


class ExactRenderer(JSONRenderer):
    """Writes times in full."""

    encoder_class = _Exact
