"""Tokens with which programs use the API: shown once, stored as a digest."""

import secrets
from datetime import datetime
from hashlib import sha256

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from gongzao.web.accounts.models import ApiToken, User


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def issue_token(user: User, name: str, expires_at: datetime) -> str:
    """Create a token for ``user`` and return it; it cannot be read again later."""
    token = f"gz_{secrets.token_urlsafe(32)}"
    ApiToken.objects.create(user=user, name=name, digest=_digest(token), expires_at=expires_at)
    return token


class TokenAuth(HttpBearer):
    """Accept ``Authorization: Bearer <token>`` of an active user; the request then acts as that user."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Return the token's user, or ``None`` when it is unknown, expired or the user is switched off."""
        found = (
            ApiToken.objects.select_related("user")
            .filter(digest=_digest(token), expires_at__gt=timezone.now(), user__is_active=True)
            .first()
        )
        if found is None:
            return None
        request.user = found.user
        return found.user
