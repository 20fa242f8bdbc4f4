"""Errors of the targets engine."""

from gongzao.kernel import InvalidValue


class InvalidPlan(InvalidValue):
    """A plan, target or milestone contradicts itself."""


class InvalidObservation(InvalidValue):
    """A published figure, source or award record cannot be what it says it is."""


class UnknownPlan(InvalidValue):
    """No shipped plan has this id."""
