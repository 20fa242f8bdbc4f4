"""What can be done with an account; the only place that writes it."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from gongzao.web.accounts.models import User
from gongzao.web.accounts.tokens import issue_token


@transaction.atomic
def create_token(user: User, name: str, days: int) -> str:
    """Issue an API token for ``user``, valid for ``days`` [d]; the text is returned once and never stored."""
    return issue_token(user, name, timezone.now() + timedelta(days=days))


@transaction.atomic
def revoke_tokens(user: User) -> int:
    """Withdraw all tokens of ``user``; return how many there were."""
    deleted, _ = user.api_tokens.all().delete()
    return deleted


@transaction.atomic
def revoke_token(user: User, pk: int) -> bool:
    """Withdraw one of the user's own tokens; return whether there was one."""
    deleted, _ = user.api_tokens.filter(pk=pk).delete()
    return deleted > 0
