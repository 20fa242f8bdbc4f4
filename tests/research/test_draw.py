"""Nobody chooses who reviews: pool and interests are fixed at the hand-in, the seed comes later, each attempt anew."""

from dataclasses import replace
from hashlib import sha256

from gongzao.research import (
    Drawn,
    Expert,
    PoolFixed,
    Verdict,
    check,
    contract,
    draw_reviewers,
    first_project,
    fix_pool,
    fold,
    free_experts,
    from_plain,
    review,
    submit,
    to_plain,
)
from gongzao.research.example import LIANGPIN, SIKOU, WANGDU
from tests.research.world import EXPERTS, FILE, OUTSIDER, WORK, World


def handed_in() -> World:
    world = World(first_project())
    world.fund()
    world.do(submit(world.project, "M1", SIKOU.id, [FILE], [], WORK, by="x"))
    return world


def test_who_has_an_interest_of_any_kind_is_left_out() -> None:
    world = handed_in()
    biased = (
        Expert("b1", "甲", employer=SIKOU.uscc),
        Expert("b2", "乙", conflicts=(WANGDU.uscc,)),
        Expert("b3", "丙", posts=(LIANGPIN.uscc,)),
        Expert("b4", "丁", organises=True),
    )
    fine = Expert("b5", "戊", employer=OUTSIDER.uscc, posts=(OUTSIDER.uscc,), conflicts=(OUTSIDER.uscc,))
    assert free_experts(world.project, [*biased, fine, *EXPERTS]) == ("b5", *sorted(x.id for x in EXPERTS))


def test_the_draw_can_be_repeated_from_the_log_alone() -> None:
    world = handed_in()
    world.do(fix_pool(world.project, EXPERTS, WORK, by="x"))
    world.do(draw_reviewers(world.project, "2025-06-02:abc", WORK, by="x"))
    pool = next(event.body for event in world.log if isinstance(event.body, PoolFixed))
    drawn = next(event.body for event in world.log if isinstance(event.body, Drawn))
    ranked = sorted(
        pool.experts, key=lambda x: sha256(f"{drawn.seed}:anping-mesh:M1:{pool.attempt}:{x}".encode()).hexdigest()
    )
    assert drawn.reviewers == tuple(ranked[:3])
    assert check(world.log, world.ledger.records.values()) == ()


def test_handed_in_again_is_drawn_anew_even_from_the_same_seed() -> None:
    world = handed_in()
    found = []
    for attempt in range(1, 6):
        world.do(fix_pool(world.project, EXPERTS, WORK, by="x"))
        world.do(draw_reviewers(world.project, "seed", WORK, by="x"))
        found.append(world.project.reviewers)
        assert world.project.attempts == {"M1": attempt}
        for reviewer in world.project.reviewers:
            world.do(review(world.project, reviewer, Verdict.SEND_BACK, "再来", WORK, by="x"))
        assert (world.project.pool, world.project.pooled_at) == ((), None)
        world.do(submit(world.project, "M1", SIKOU.id, [FILE], [], WORK, by="x"))
    assert len(set(found)) > 2


def test_the_auditor_finds_other_reviewers_another_pool_and_another_attempt() -> None:
    world = handed_in()
    world.do(fix_pool(world.project, EXPERTS, WORK, by="x"))
    world.do(draw_reviewers(world.project, "seed", WORK, by="x"))
    *log, pool, drawn = world.log
    fixed, made = pool.body, drawn.body
    assert isinstance(fixed, PoolFixed)
    assert isinstance(made, Drawn)
    for broken in (
        replace(drawn, body=replace(made, reviewers=made.reviewers[::-1])),
        replace(drawn, body=replace(made, seed="other")),
        replace(drawn, body=replace(made, attempt=2)),
        replace(drawn, body=replace(made, attempt=0)),
    ):
        assert "draw" in {f.rule for f in check([*log, pool, broken], world.ledger.records.values())}
    wide = replace(pool, body=replace(fixed, experts=("zz", *fixed.experts), attempt=2))
    assert "draw" in {f.rule for f in check([*log, wide, drawn], ())}
    without = [*log, replace(drawn, seq=drawn.seq - 1)]
    assert "draw" in {f.rule for f in check(without, ())}


def test_a_log_from_before_pools_were_recorded_is_read_and_found_in_order() -> None:
    world = handed_in()
    old = {"type": "Drawn", "milestone": "M1", "seed": "2025-06-19:f00", "reviewers": ["e1", "e2", "e3"]}
    drawn = from_plain(Drawn, old)
    assert to_plain(drawn) == old  # and it is stored as it was
    event = replace(world.log[-1], seq=len(world.log) + 1, body=drawn)
    log = [*world.log, event]
    assert fold(log).reviewers == ("e1", "e2", "e3")
    assert check(log, world.ledger.records.values()) == ()


def test_policies_and_contracts_from_before_the_floors_keep_their_form() -> None:
    world = World(first_project())
    plain = to_plain(world.project.policy)
    assert "floors" not in plain
    assert "floors" not in str(to_plain(contract(world.project)))
