"""Errors of the scheduling engine."""

from gongzao.kernel import GongzaoError, InvalidValue


class InvalidProblem(InvalidValue):
    """A part of a scheduling problem broke a rule; the text names the part, the rule and the value."""


class NoSchedule(GongzaoError):
    """No schedule keeps every hard rule, or none was found before the stop; the text names the conflict."""
