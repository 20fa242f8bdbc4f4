"""Who takes part in the demonstration: bodies beside the firms, experts, and people to sign in as (示例数据)."""

from dataclasses import dataclass
from datetime import datetime

from gongzao.kernel import Uscc
from gongzao.research import Party, Role
from gongzao.web.accounts.models import Role as PostRole
from gongzao.web.accounts.models import User
from gongzao.web.clusters.demo import add_demo_user
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.research import experts

# Invented codes that belong to nobody: no administrative area has the number 139900.
_INSTITUTE = "12139900MA00000010"
_UNIVERSITY = "12139900MA00000023"
_CUSTOMER = "91139900MB0000001W"
_EXPERTS = ("材料", "机械加工", "检测计量", "自动化", "工业软件", "质量工程")


@dataclass(frozen=True, slots=True)
class Cast:
    """The cluster, its firms and the other bodies; the people who act for them; the experts."""

    cluster: Cluster
    institute: Enterprise
    firms: tuple[Enterprise, ...]
    customer: Enterprise
    university: Enterprise
    people: dict[str, User]
    organiser: User

    def acts(self, firm: Enterprise) -> User | None:
        """Return who acts for a body; the platform itself where nobody has a login."""
        return self.people.get(firm.uscc)

    @property
    def parties(self) -> tuple[Party, ...]:
        """The consortium of every project: the institute, two firms of the cluster, a customer, the university."""
        first, second = self.firms[:2]
        return (
            _party(self.institute, Role.PUBLIC),
            Party(Uscc(first.uscc), first.name, Role.FIRM, applicant=True, in_cluster=True),
            Party(Uscc(second.uscc), second.name, Role.FIRM, applicant=True, in_cluster=True),
            _party(self.customer, Role.CUSTOMER),
            _party(self.university, Role.UNIVERSITY),
        )

    @property
    def bodies(self) -> tuple[Enterprise, ...]:
        """The same, as rows of the registry."""
        return (self.institute, *self.firms[:2], self.customer, self.university)


def _party(firm: Enterprise, role: Role) -> Party:
    return Party(Uscc(firm.uscc), firm.name, role)


def gather(cluster: Cluster, firms: list[Enterprise], now: datetime) -> Cast:
    """Register the bodies that are missing, enter the experts, and give everybody a login."""
    institute = _body(_INSTITUTE, "示例产业技术研究院", firms[0])
    university = _body(_UNIVERSITY, "示例工业大学", firms[0])
    customer = _body(_CUSTOMER, "示例终端用户有限公司", firms[0])
    logins = (
        ("member1", firms[0], "企业成员"),
        ("member2", firms[1], "企业成员"),
        ("member3", firms[2], "企业成员"),
        ("customer", customer, "用户企业成员"),
        ("researcher", university, "科研人员"),
        ("institute", institute, "公共研究机构成员"),
    )
    people = {firm.uscc: _login(username, firm, role) for username, firm, role in logins}
    organiser = add_demo_user("organiser", "科研组织者", str(cluster), {"role": PostRole.OPERATOR, "cluster": cluster})
    for n, field in enumerate(_EXPERTS, start=1):
        name = f"示例专家{n}"
        user = add_demo_user(f"expert{n}", "评审专家", name, None)
        experts.enter(name, field, None, (), user, now, synthetic=True, by=None)
    return Cast(cluster, institute, tuple(firms), customer, university, people, organiser)


def _body(uscc: str, name: str, like: Enterprise) -> Enterprise:
    row, _created = Enterprise.objects.get_or_create(
        uscc=uscc, defaults={"name": name, "county": like.county, "industry": like.industry, "synthetic": True}
    )
    return row


def _login(username: str, firm: Enterprise, role: str) -> User:
    known = User.objects.filter(posts__role=PostRole.MEMBER, posts__enterprise=firm).order_by("pk").first()
    return known or add_demo_user(username, role, firm.name, {"role": PostRole.MEMBER, "enterprise": firm})
