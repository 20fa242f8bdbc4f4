"""Errors of the scheduling engine."""

from gongzao.kernel import GongzaoError, InvalidValue


class InvalidProblem(InvalidValue):
    """A part of a scheduling problem broke a rule; the text names the part, the rule and the value."""


class NoSchedule(GongzaoError):
    """No schedule keeps every hard rule, or none was found before the stop; the text says which.

    ``code`` is ``schedule.none_found`` where the question was left open, anything else where there is none.
    """


class NotAPlan(GongzaoError):
    """A result of the engine broke a rule of its own problem: a fault of this program, caught before it got out."""
