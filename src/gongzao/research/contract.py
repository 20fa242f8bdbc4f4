"""The contract as data: one exact form, and the hash that the ledger carries."""

from dataclasses import dataclass

from gongzao.research.facts import Collected, Delivery
from gongzao.research.model import Proposal, Unit
from gongzao.research.plain import digest
from gongzao.research.policy import Exemption, PolicyVersion
from gongzao.research.state import Project


@dataclass(frozen=True, slots=True)
class Contract:
    """All agreed clauses; a document shows these values and nothing else.

    Parameters
    ----------
    proposal
        Content, goals, budget, tasks, period, milestones with acceptance conditions, ownership, income, priority of
        use, risk, consent.
    policy, exemption
        The policy version it was checked against, and any exemption from it.
    stage
        Milestones up to this stage are part of it.
    cash, in_kind
        Who contributes what.
    replaces
        SHA-256 of the contract that this one amends, or empty.
    """

    proposal: Proposal
    policy: PolicyVersion
    exemption: Exemption | None
    stage: int
    cash: tuple[Collected, ...]
    in_kind: tuple[Delivery, ...]
    replaces: str = ""

    @property
    def sha256(self) -> str:
        """Hash of the canonical form [64 hex digits]."""
        return digest(self)


def contract(project: Project, amended: Proposal | None = None) -> Contract:
    """Return the contract that a funded project signs, or the one that an amendment would put in its place.

    If who joined and did not sign was left out, it takes the place of the one that the others signed.

    Parameters
    ----------
    project
        The project.
    amended
        The amended proposal; None for the first contract.
    """
    kind = tuple(Delivery(p.party, p.unit, p.quantity) for p in project.live_pledges if p.unit is not Unit.CASH)
    return Contract(
        amended or project.proposal,
        project.policy,
        project.exemption,
        project.stage,
        project.collected,
        kind,
        project.contract if amended or project.dropped else "",
    )
