"""The HTTP API under ``/api/``: the same rows and rights as the pages."""

from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.security import SessionAuth

from gongzao.web.accounts.tokens import TokenAuth
from gongzao.web.clusters.api import router as registry
from gongzao.web.kit.wire import ExactParser, ExactRenderer
from gongzao.web.ledger.api import router as ledger
from gongzao.web.research.api import router as research
from gongzao.web.targets.api import router as targets


class SignedIn(SessionAuth):
    """Accept a signed-in browser, with its CSRF token where it writes; who is not signed in is told so, and no more."""

    def __call__(self, request: HttpRequest) -> Any | None:
        """Return the user or ``None``; a missing CSRF token ends the request with 403."""
        return super().__call__(request) if request.user.is_authenticated else None


api = NinjaAPI(
    title="Gongzao 共造",
    version="1",
    description="集群、企业与目标数据接口。Registry and targets. Figures with synthetic=true are 示例数据.",
    # The token first: what it opens needs no CSRF token.
    auth=[TokenAuth(), SignedIn()],
    parser=ExactParser(),
    renderer=ExactRenderer(),
    urls_namespace="api",
)
api.add_router("", targets)
api.add_router("", registry)
api.add_router("/ledger", ledger)
api.add_router("/research", research)
