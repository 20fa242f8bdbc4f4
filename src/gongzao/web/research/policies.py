"""The policies that calls can be published under."""

from datetime import date
from functools import cache

from gongzao.kernel import InvalidValue
from gongzao.research import Policy, PolicyVersion, load_policy, shipped_policies
from gongzao.web.research.display import in_english
from gongzao.web.research.models import Call


@cache
def policies() -> dict[str, Policy]:
    """Return all policies by id."""
    return {name: load_policy(path) for name, path in shipped_policies().items()}


def find(policy_id: str) -> Policy:
    """Return a policy.

    Raises
    ------
    InvalidValue
        ``policy.unknown``.
    """
    found = policies().get(policy_id)
    if found is None:
        known = ", ".join(policies())
        raise InvalidValue(
            "policy.unknown",
            en=f"there is no policy {policy_id!r}; known: {known}",
            zh=f"没有政策“{policy_id}”；可用的政策：{known}",
        )
    return found


def in_force(call: Call, day: date) -> tuple[Policy, PolicyVersion]:
    """Return the policy of a call and its version in force on a day."""
    policy = find(call.policy)
    return policy, policy.on(day)


def name(policy: Policy) -> str:
    """Return a policy's name in the language of the page."""
    return policy.name_en if in_english() else policy.name_zh


def source(version: PolicyVersion) -> str:
    """Return where a version is published, in the language of the page."""
    return version.source_en if in_english() else version.source_zh
