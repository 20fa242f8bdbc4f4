"""How often a password may be wrong before signing in is refused for a while, and what checking one costs."""

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.http import HttpRequest

ADDRESS_LIMIT = 20
"""Wrong passwords from one address, under whatever names; an office shares one."""


class Lock(AxesDatabaseHandler):  # type: ignore[misc]  # axes ships no types
    """Counts failures of a name from an address, and, against a higher limit, of an address alone."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Return failures as a share of the limit for a name."""
        counts: list[int] = [
            sum(attempts.values_list("failures_since_start", flat=True))
            for attempts in self.get_user_attempts(request, credentials)
        ]
        for_name, for_address = counts
        limit: int = settings.AXES_FAILURE_LIMIT
        return max(for_name, for_address * limit // ADDRESS_LIMIT)


class Argon2(Argon2PasswordHasher):
    """Argon2id at the smaller of OWASP's recommended costs, so that wrong passwords alone do not slow the site.

    Source: OWASP Password Storage Cheat Sheet (m = 19 MiB, t = 2, p = 1).
    """

    time_cost = 2
    memory_cost = 19 * 1024  # [KiB]
    parallelism = 1
