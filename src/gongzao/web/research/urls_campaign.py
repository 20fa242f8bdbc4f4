"""Addresses of campaigns, contracts and the matching fund."""

from django.urls import URLPattern, URLResolver, path, re_path

from gongzao.web.research import views_campaign, views_contract, views_fund
from gongzao.web.research.urls_projects import PROJECT

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(rf"^projects/{PROJECT}/campaign/$", views_campaign.page, name="campaign"),
    re_path(rf"^projects/{PROJECT}/pledge/$", views_campaign.pledge, name="pledge"),
    re_path(rf"^projects/{PROJECT}/withdraw/$", views_campaign.withdraw, name="withdraw"),
    re_path(rf"^projects/{PROJECT}/join/$", views_campaign.join, name="join"),
    re_path(rf"^projects/{PROJECT}/admit/$", views_campaign.admit, name="admit"),
    re_path(rf"^projects/{PROJECT}/close/$", views_campaign.close, name="close"),
    re_path(rf"^projects/{PROJECT}/bid/$", views_campaign.bid, name="bid"),
    re_path(rf"^projects/{PROJECT}/contract/$", views_contract.page, name="contract"),
    re_path(rf"^projects/{PROJECT}/contract\.docx$", views_contract.download, name="contract_file"),
    re_path(rf"^projects/{PROJECT}/contract/verify/$", views_contract.verify, name="contract_verify"),
    re_path(rf"^projects/{PROJECT}/sign/$", views_contract.sign, name="sign"),
    path("fund/", views_fund.page, name="fund"),
    path("fund/deposit/", views_fund.deposit, name="fund_deposit"),
    path("fund/new/", views_fund.choose, name="fund_choose"),
    path("fund/new/<slug:slug>/", views_fund.new, name="fund_new"),
    path("fund/rounds/<slug:slug>/", views_fund.round_page, name="fund_round"),
    path("fund/rounds/<slug:slug>/vote/", views_fund.vote, name="fund_vote"),
    path("fund/rounds/<slug:slug>/decide/", views_fund.decide, name="fund_decide"),
]
