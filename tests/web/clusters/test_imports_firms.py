"""Lists of firms: absent is not no, changes are told, moves need both rights, two may upload at once."""

import io
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from gongzao.kernel import InvalidInput
from gongzao.web.accounts.models import Post, User
from gongzao.web.clusters import imports
from gongzao.web.clusters.imports import Registered, import_enterprises
from gongzao.web.clusters.models import Cluster, Enterprise, Industry, Membership, Region
from gongzao.web.kit.history import Change

HEAD = "uscc,name,county,industry"
CODES = ("91110000600037341L", "91110000101696020J", "91130000MA07WEEA5Y")


def firms(world: Any, text: str, by: str = "county", **options: Any) -> Registered:
    return import_enterprises(io.BytesIO(text.encode()), "名录.csv", by=world.users[by], **options)


def refused(world: Any, text: str, by: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        firms(world, text, by)
    return [problem.code for problem in caught.value.problems]


@pytest.fixture
def leader(world: Any) -> Membership:
    """The firm of the other city is a leader of its cluster."""
    Membership.objects.filter(enterprise=world.firm_there).update(leader=True)
    return Membership.objects.get(enterprise=world.firm_there)


@pytest.mark.parametrize("columns", [",cluster", ",cluster,leader", ""])
def test_a_mark_that_the_list_does_not_speak_of_stays(world: Any, leader: Membership, columns: str) -> None:
    firm = world.firm_there
    cells = {",cluster": ",demo-mesh", ",cluster,leader": ",demo-mesh,", "": ""}[columns]
    done = firms(world, f"{HEAD}{columns}\n{firm.uscc},{firm.name},131125,38{cells}", "province")
    assert Membership.objects.get(pk=leader.pk).leader
    assert done.changes == []
    assert not Change.objects.filter(model__startswith="clusters.").exists()


def test_a_mark_goes_when_the_list_says_no_and_that_is_told(world: Any, leader: Membership) -> None:
    firm = world.firm_there
    text = f"{HEAD},cluster,leader\n{firm.uscc},新名称,131125,38,demo-mesh,否"
    firms(world, text, "province")
    told = {entry.model: (entry.before, entry.after) for entry in Change.objects.filter(model__startswith="clusters.")}
    assert told == {
        "clusters.membership": ({"leader": True}, {"leader": False}),
        "clusters.enterprise": ({"name": "示例2号有限公司"}, {"name": "新名称"}),
    }


def test_the_page_shows_what_becomes_of_a_list_before_and_after(world: Any) -> None:
    firm = world.firm_here
    client, address = world.client("county"), reverse("clusters:observation_upload")

    def send(**more: str) -> str:
        file = SimpleUploadedFile("a.csv", f"{HEAD}\n{firm.uscc},改了的名称,130528,38\n".encode())
        return str(client.post(address, {"kind": "enterprises", "file": file, **more}).content.decode())

    page = send(preview="1")
    assert "示例0号有限公司 → 改了的名称" in page
    assert "只是预览" in page
    assert Enterprise.objects.get(pk=firm.pk).name == "示例0号有限公司"
    assert not Change.objects.filter(model="clusters.enterprise").exists()
    page = send()
    assert "示例0号有限公司 → 改了的名称" in page
    assert Enterprise.objects.get(pk=firm.pk).name == "改了的名称"


def test_a_firm_that_is_somebody_elses_too_is_not_moved_by_one(world: Any) -> None:
    # The firm lies in the other city, and belongs to a made-up cluster here as well.
    mine = Cluster.objects.create(
        slug="demo-mine", name_zh="示例我的集群", county_id="130528", industry_id="38", synthetic=True
    )
    Membership.objects.create(enterprise=world.firm_there, cluster=mine)
    keeper = User.objects.create_user("keeper")
    Post.objects.create(user=keeper, role="operator", cluster=mine)
    world.users["keeper"] = keeper
    line = f"{HEAD},cluster\n{world.firm_there.uscc},{world.firm_there.name},130528,38,demo-mine"
    assert refused(world, line, "keeper") == ["enterprise.moved"]
    assert Enterprise.objects.get(pk=world.firm_there.pk).county_id == "131125"
    firms(world, line, "province")
    assert Enterprise.objects.get(pk=world.firm_there.pk).county_id == "130528"
    (entry,) = Change.objects.filter(model="clusters.enterprise")
    assert (entry.place, entry.place_before) == ("130000/130500/130528/", "130000/131100/131125/")


def test_a_firm_of_ones_own_cluster_alone_moves_to_where_the_cluster_lies(world: Any) -> None:
    Membership.objects.filter(enterprise=world.firm_there).update(cluster=world.here)
    line = f"{HEAD},cluster\n{world.firm_there.uscc},{world.firm_there.name},130528,38,"
    firms(world, line + "", "province")
    assert Enterprise.objects.get(pk=world.firm_there.pk).county_id == "130528"


def test_what_lies_elsewhere_is_refused_without_its_name(world: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        firms(world, f"{HEAD}\n{world.firm_there.uscc},我的,130528,38", "county")
    (problem,) = caught.value.problems
    assert problem.code == "enterprise.registered"
    for text in (problem.zh, problem.en, problem.text("zh")):
        assert world.firm_there.name not in text
        assert "登记" not in problem.zh.replace("不能由您登记或修改", "")


def _country() -> dict[str, User]:
    """Two counties of one province, each with an officer, in the database of its own."""
    province, _ = Region.objects.get_or_create(code="130000", name_zh="河北省", level="province")
    Industry.objects.get_or_create(code="38", name_zh="电气机械")
    users = {}
    for code in ("130528", "131125"):
        county, _ = Region.objects.get_or_create(code=code, name_zh=code, level="county", parent=province)
        users[code], _ = User.objects.get_or_create(username=f"officer-{code}")
        Post.objects.get_or_create(user=users[code], role="county", region=county)
    users["130000"], _ = User.objects.get_or_create(username="officer-130000")
    Post.objects.get_or_create(user=users["130000"], role="province", region=province)
    return users


def _at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Return what acts on threads of their own end with: their result or their exception."""
    ended: list[Any] = [None] * len(acts)

    def run(place: int) -> None:
        try:
            ended[place] = acts[place]()
        except Exception as error:  # noqa: BLE001 - what the user would get
            ended[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def _upload(rows: list[tuple[str, str, str]], by: User) -> Callable[[], Registered]:
    return lambda: import_enterprises(_list(rows), "a.csv", by=by)


def _list(rows: list[tuple[str, str, str]]) -> io.BytesIO:
    return io.BytesIO("\n".join([HEAD, *(f"{code},{name},{county},38" for code, name, county in rows)]).encode())


def test_one_of_two_officers_registers_a_firm(committed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    users, real = _country(), imports._save
    checked = threading.Barrier(2)

    def save(*args: Any) -> Any:
        if connection.vendor == "postgresql":
            checked.wait(20)  # both have found the code free
        return real(*args)

    monkeypatch.setattr(imports, "_save", save)
    code = CODES[0]
    ended = _at_once(*(_upload([(code, f"企业{county}", county)], users[county]) for county in ("130528", "131125")))
    assert sorted(type(end).__name__ for end in ended) == ["InvalidInput", "Registered"]
    firm = Enterprise.objects.get(uscc=code)
    assert firm.name == f"企业{firm.county_id}"
    (entry,) = Change.objects.filter(model="clusters.enterprise", key=str(firm.pk))
    assert entry.user == users[firm.county_id]


def test_lists_in_opposite_order_never_end_in_each_other(committed: dict[str, str]) -> None:
    users = _country()
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    rows = []
    for n in range(60):
        start = f"91139900MD{n:07d}"
        check = signs[(31 - sum(signs.index(c) * w for c, w in zip(start, weights, strict=True)) % 31) % 31]
        rows.append((start + check, f"企业{n}", "130528"))
    for turn in range(4):
        named = [(code, f"{name}-{turn}", county) for code, name, county in rows]
        ended = _at_once(_upload(named, users["130000"]), _upload(named[::-1], users["130528"]))
        assert [type(end) for end in ended] == [Registered, Registered]
    assert Enterprise.objects.filter(uscc__startswith="91139900MD", name__endswith="-3").count() == 60
