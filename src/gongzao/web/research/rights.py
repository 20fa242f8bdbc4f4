"""Who may do what in crowd-funded research; every service asks here first.

Organisers are the officers and the service centre of the project's cluster. A party acts through the members of its
firm. An expert acts for himself.
"""

from django.core.exceptions import PermissionDenied

from gongzao.web.accounts.models import Role, User
from gongzao.web.accounts.scope import Visitor, editable, posts_of, visible
from gongzao.web.clusters.models import Cluster, Enterprise
from gongzao.web.research.models import Project


def firms_of(visitor: Visitor) -> list[Enterprise]:
    """Return the firms and other bodies for which a visitor acts."""
    return [post.enterprise for post in posts_of(visitor) if post.role == Role.MEMBER and post.enterprise]


def acts_for(visitor: Visitor, uscc: str) -> bool:
    """Whether a visitor acts for the body with this code."""
    return any(firm.uscc == uscc for firm in firms_of(visitor))


def organises(visitor: Visitor, cluster: Cluster) -> bool:
    """Whether a visitor looks after the research of a cluster."""
    return editable(Cluster.objects.filter(pk=cluster.pk), visitor).exists()


def sees(visitor: Visitor, project: Project) -> bool:
    """Whether a visitor sees all of a project, not only its public page."""
    return visible(Project.objects.filter(pk=project.pk), visitor).exists()


def require_member(by: User | None, uscc: str) -> None:
    """Refuse anybody who does not act for the body with this code; ``None`` is the platform itself."""
    if by is not None and not acts_for(by, uscc):
        raise PermissionDenied


def require_organiser(by: User | None, cluster: Cluster) -> None:
    """Refuse anybody who does not look after the cluster; ``None`` is the platform itself."""
    if by is not None and not organises(by, cluster):
        raise PermissionDenied
