"""Events and states of a project in words."""

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gongzao.research import Part, Phase, Project, facts
from gongzao.research import events as e
from gongzao.web.research.display import in_kind, name_of, quantity, side_label, wan, yuan


def of_project(project: Project) -> str:
    """Say where a project stands and what comes next."""
    terms, proposal = project.proposal.terms, project.proposal
    match project.phase:
        case Phase.CAMPAIGN | Phase.SECOND_ROUND:
            deadline = terms.deadline if project.phase is Phase.CAMPAIGN else terms.closes
            text = _("已认缴现金 %(pledged)s，门槛 %(needed)s；%(deadline)s 截止，未达门槛则全部解冻。") % {
                "pledged": wan(project.pledged_cash),
                "needed": wan(proposal.cash(1)),
                "deadline": f"{localtime(deadline):%Y-%m-%d %H:%M}",
            }
        case Phase.SIGNING:
            text = _("资金已筹足，%(signed)s/%(all)s 家已签约；%(deadline)s 前须全部签署，否则认缴解冻。") % {
                "signed": len(project.signed),
                "all": len(proposal.parties),
                "deadline": f"{localtime(terms.sign_by):%Y-%m-%d %H:%M}",
            }
        case Phase.RUNNING:
            following = project.next_milestone
            text = _("已验收 %(done)s/%(all)s 个里程碑，账上结存 %(held)s；下一个：%(next)s（%(due)s 前）。") % {
                "done": len(project.accepted),
                "all": len(project.plan),
                "held": wan(project.remaining),
                "next": following.title if following else "—",
                "due": following.due if following else "—",
            }
        case Phase.COMPLETED:
            text = _(
                "全部 %(all)s 个里程碑已验收，共拨付 %(paid)s；登记成果 %(results)s 项，收益 %(income)s 已按合同分配。"
            ) % {
                "all": len(project.plan),
                "paid": wan(sum(project.released.values())),
                "results": len(project.results),
                "income": wan(sum(i.amount for i in project.income.values())),
            }
        case Phase.STOPPED:
            text = _("项目已终止：缴入 %(paid)s，其中 %(borne)s 已用于研究并由各方分担，%(back)s 已退回。") % {
                "paid": wan(sum(project.paid.values())),
                "borne": wan(sum(project.drawn.values())),
                "back": wan(sum(project.refunded.values())),
            }
        case Phase.MISSED:
            text = _("截止时认缴 %(pledged)s，未达门槛 %(needed)s，全部认缴已解冻。") % {
                "pledged": wan(project.pledged_cash),
                "needed": wan(proposal.cash(1)),
            }
        case Phase.LAPSED:
            text = _("合同未在期限内全部签署，全部认缴已解冻。")
    return text


def result_kind_label(kind: facts.ResultKind) -> str:
    """Return the name of a kind of result."""
    return {
        facts.ResultKind.PATENT: _("专利"),
        facts.ResultKind.DATA: _("数据"),
        facts.ResultKind.PROCESS: _("工艺"),
        facts.ResultKind.PAPER: _("论文"),
        facts.ResultKind.PRODUCT: _("产品"),
        facts.ResultKind.METHOD: _("方法"),
    }[kind]


def verdict_label(verdict: facts.Verdict) -> str:
    """Return the name of a verdict."""
    return {
        facts.Verdict.ACCEPT: _("通过"),
        facts.Verdict.SEND_BACK: _("退回修改"),
        facts.Verdict.REJECT: _("不通过"),
    }[verdict]


def _parts(project: Project, parts: tuple[Part, ...]) -> str:
    given = [f"{name_of(project, part.party)} {yuan(part.amount)}" for part in parts if part.amount]
    return _("、").join(given) or _("无")


def sealed(project: Project, event: e.Event) -> bool:
    """Whether an event is a verdict that nobody reads yet: they are opened together, once all are given."""
    return project.submission is not None and event.body in project.reviews.values()


def of_event(project: Project, event: e.Event) -> str:
    """Say what happened; ``project`` gives the parties their names."""

    def name(party: str) -> str:
        return name_of(project, party)

    match event.body:
        case e.Opened(proposal, policy, exemption):
            text = _("立项并开始众筹：%(title)s，适用政策 %(policy)s") % {"title": proposal.title, "policy": policy.id}
            if exemption:
                text += _("；个案例外：%(reason)s（%(by)s）") % {"reason": exemption.reason, "by": exemption.decided_by}
        case e.JoinAsked() | e.JoinBacked() | e.JoinRefused() | e.Joined():
            text = _of_joining(project, event.body)
        case e.Pledged(pledge):
            text = _("%(name)s 认缴 %(amount)s") % {
                "name": name(pledge.party),
                "amount": quantity(pledge.quantity, pledge.unit),
            }
        case e.Withdrawn(pledge_id):
            text = _("撤回认缴 %(pledge)s") % {"pledge": _pledge(project, pledge_id)}
        case e.SecondRoundOpened():
            text = _("达到最低目标，进入第二轮")
        case e.Funded(stage, cash):
            text = _("众筹成功（第%(stage)s档），应缴 %(sum)s") % {
                "stage": stage,
                "sum": yuan(sum(c.amount for c in cash)),
            }
        case e.Missed():
            text = _("未达门槛，全部认缴解冻")
        case e.Signed() | e.Lapsed() | e.Dropped() | e.Started():
            text = _of_contract(project, event.body)
        case _:
            text = _of_work(project, event)
    return text


def _of_joining(project: Project, body: e.JoinAsked | e.JoinBacked | e.JoinRefused | e.Joined) -> str:
    match body:
        case e.JoinAsked(party):
            text = _("%(name)s 申请加入出资") % {"name": party.name}
        case e.JoinBacked(party_id, side):
            text = _("%(side)s同意 %(name)s 加入") % {"side": side_label(side), "name": name_of(project, party_id)}
        case e.JoinRefused(party_id, side, reason):
            text = _("%(side)s拒绝 %(name)s 加入：%(reason)s") % {
                "side": side_label(side),
                "name": name_of(project, party_id),
                "reason": reason,
            }
        case e.Joined(party):
            text = _("%(name)s 加入出资") % {"name": party.name}
    return text


def _of_contract(project: Project, body: e.Signed | e.Lapsed | e.Dropped | e.Started) -> str:
    match body:
        case e.Dropped(parties):
            text = _("%(names)s 逾期未签，视为退出，认缴解冻") % {
                "names": _("、").join(name_of(project, party) for party in parties)
            }
        case e.Signed(party_id, contract):
            text = _("%(name)s 签署合同 %(hash)s") % {"name": name_of(project, party_id), "hash": contract[:12]}
        case e.Lapsed():
            text = _("逾期未签全，全部认缴解冻")
        case e.Started(contract):
            text = _("全部签署，认缴已划缴，项目启动（合同 %(hash)s）") % {"hash": contract[:12]}
    return text


def _pledge(project: Project, pledge_id: str) -> str:
    made = project.pledges.get(pledge_id)
    return f"{name_of(project, made.party)} {quantity(made.quantity, made.unit)}" if made else pledge_id


def _of_work(project: Project, event: e.Event) -> str:
    match event.body:
        case e.Submitted(milestone, party, evidence, deliveries):
            text = _("%(name)s 提交里程碑 %(milestone)s，材料%(files)s份") % {
                "name": name_of(project, party),
                "milestone": milestone,
                "files": len(evidence),
            }
            text += _("，实物投入 %(kind)s") % {"kind": in_kind(deliveries)} if deliveries else ""
        case e.PoolFixed(milestone, attempt, experts):
            text = _("为里程碑 %(milestone)s 第%(attempt)s次提交锁定可抽取的专家%(n)s人：%(experts)s") % {
                "milestone": milestone,
                "attempt": attempt,
                "n": len(experts),
                "experts": _("、").join(experts),
            }
        case e.Drawn(milestone, seed, reviewers):
            text = _("为里程碑 %(milestone)s 抽取专家 %(experts)s（种子 %(seed)s）") % {
                "milestone": milestone,
                "experts": _("、").join(reviewers),
                "seed": seed,
            }
        case e.Reviewed(milestone, reviewer, verdict):
            text = _("专家 %(expert)s 评审里程碑 %(milestone)s：%(verdict)s") % {
                "expert": reviewer,
                "milestone": milestone,
                "verdict": _("已评审") if sealed(project, event) else verdict_label(verdict),
            }
        case e.Accepted(milestone, draws, payees):
            text = _("里程碑 %(milestone)s 通过验收；出资：%(draws)s；拨付：%(payees)s") % {
                "milestone": milestone,
                "draws": _parts(project, draws),
                "payees": _parts(project, payees),
            }
        case e.SentBack(milestone):
            text = _("里程碑 %(milestone)s 退回修改") % {"milestone": milestone}
        case e.Rejected(milestone):
            text = _("里程碑 %(milestone)s 未通过") % {"milestone": milestone}
        case e.MotionMade(party, motion):
            kind = _("合同变更") if motion.proposal else _("终止项目")
            text = _("%(name)s 提议%(kind)s：%(reason)s") % {
                "name": name_of(project, party),
                "kind": kind,
                "reason": motion.reason,
            }
        case e.Voted(_motion, party, yes):
            text = _("%(name)s 表决：%(vote)s") % {
                "name": name_of(project, party),
                "vote": _("同意") if yes else _("反对"),
            }
        case e.MotionLost():
            text = _("动议未通过")
        case e.Amended(_motion, _proposal, contract):
            text = _("合同变更生效，新合同 %(hash)s") % {"hash": contract[:12]}
        case _:
            text = _of_end(project, event)
    return text


def _of_end(project: Project, event: e.Event) -> str:
    match event.body:
        case e.Stopped(reason, borne, refunds, _undelivered):
            text = _("项目终止：%(reason)s；分担：%(borne)s；退款：%(refunds)s") % {
                "reason": reason,
                "borne": _parts(project, borne),
                "refunds": _parts(project, refunds),
            }
        case e.Completed():
            text = _("全部里程碑完成")
        case e.Registered(result):
            text = _("登记成果 %(id)s：%(kind)s《%(title)s》") % {
                "id": result.id,
                "kind": result_kind_label(result.kind),
                "title": result.title,
            }
        case e.LicenceAsked(request):
            text = _("%(name)s 申请成果 %(result)s 的许可，费用 %(fee)s") % {
                "name": request.name,
                "result": request.result,
                "fee": yuan(request.fee),
            }
        case e.LicenceGranted(request_id, licensee, claimed):
            how = _("行使优先权取得许可") if claimed else _("取得许可")
            asked = project.requests.get(request_id)
            name = asked.name if asked and not claimed else name_of(project, licensee.code)
            text = f"{name} {how}"
        case e.Earned(_id, result, _payer, amount, parts):
            text = _("成果 %(result)s 收益 %(amount)s 到账；分配：%(parts)s") % {
                "result": result,
                "amount": yuan(amount),
                "parts": _parts(project, parts),
            }
        case e.Corrected(_id, income_id, amount, reason):
            made = project.income.get(income_id)
            text = _("成果 %(result)s 的收益更正为 %(amount)s：%(reason)s；分配已重新计算") % {
                "result": made.result if made else income_id,
                "amount": yuan(amount),
                "reason": reason,
            }
        case _:
            raise TypeError(f"no words for {type(event.body).__name__}")
    return text
