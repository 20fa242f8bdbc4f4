"""Errors of the research engine."""

from collections.abc import Iterable

from gongzao.kernel import InvalidValue


class InvalidResearch(InvalidValue):
    """A value of the research engine broke a rule of its own."""


class InvalidPolicy(InvalidValue):
    """A policy contradicts itself, or no version of it is in force on the day asked for."""


class InvalidProposal(InvalidValue):
    """One fault of a proposal."""


class ProposalRefused(InvalidValue):
    """A proposal with faults was handed in; nothing of it has been used.

    Attributes
    ----------
    faults
        Every fault found.
    """

    def __init__(self, faults: Iterable[InvalidProposal]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            self.faults[0].code, en="\n".join(f.en for f in self.faults), zh="\n".join(f.zh for f in self.faults)
        )


class StepRefused(InvalidValue):
    """The project does not allow this step now, or not for this party, or not with these values."""


class InvalidAllocation(InvalidValue):
    """A cost to share or a fund to allocate is described in a way that cannot be."""
