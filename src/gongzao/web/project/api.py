"""The HTTP API under ``/api/``: the same rows and rights as the pages."""

from ninja import NinjaAPI
from ninja.security import SessionAuth

from gongzao.web.accounts.tokens import TokenAuth
from gongzao.web.clusters.api import router as registry
from gongzao.web.ledger.api import router as ledger
from gongzao.web.research.api import router as research
from gongzao.web.targets.api import router as targets

api = NinjaAPI(
    title="Gongzao 共造",
    version="1",
    description="集群、企业与目标数据接口。Registry and targets. Figures with synthetic=true are 示例数据.",
    auth=[SessionAuth(), TokenAuth()],
    urls_namespace="api",
)
api.add_router("", targets)
api.add_router("", registry)
api.add_router("/ledger", ledger)
api.add_router("/research", research)
