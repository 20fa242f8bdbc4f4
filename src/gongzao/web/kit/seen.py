"""How the rows of a model belong to places; said by each model, read by ``accounts.scope``."""

from dataclasses import dataclass

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class SeenBy:
    """How the rows of a model belong to places; each lookup is one way in.

    Parameters
    ----------
    region
        Lookups to the ``path`` of a region a row lies in, for officers.
    cluster
        Lookups to a cluster a row belongs to, for its operators.
    enterprise
        Lookups to a firm a row belongs to, for its members.
    public
        Which rows everybody may see, also without signing in.
    signed_in
        Which rows everybody who has signed in may see.
    """

    region: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    enterprise: tuple[str, ...] = ()
    public: Q | None = None
    signed_in: Q | None = None
