"""Addresses of the work: milestones, reviews, motions, results."""

from django.urls import URLPattern, URLResolver, path, re_path

from gongzao.web.research import views_motions, views_results, views_reviews, views_work
from gongzao.web.research.urls_projects import PROJECT

INCOME = r"(?P<income_id>[A-Za-z0-9][A-Za-z0-9._-]{0,31})"
NAME = r"(?P<licence_id>[A-Za-z0-9][A-Za-z0-9._-]{0,31})"

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(rf"^projects/{PROJECT}/work/$", views_work.page, name="work"),
    re_path(rf"^projects/{PROJECT}/work/submit/$", views_work.submit, name="submit"),
    re_path(rf"^projects/{PROJECT}/work/draw/$", views_work.draw, name="draw"),
    re_path(rf"^projects/{PROJECT}/evidence/(?P<digest>[0-9a-f]{{64}})/$", views_work.evidence_file, name="evidence"),
    path("reviews/", views_reviews.listing, name="reviews"),
    re_path(r"^reviews/(?P<pk>[0-9]{1,15})/$", views_reviews.review, name="review"),
    re_path(r"^reviews/(?P<pk>[0-9]{1,15})/contract\.docx$", views_reviews.contract, name="review_contract"),
    path("experts/", views_reviews.register, name="experts"),
    path("experts/<slug:code>/", views_reviews.expert, name="expert"),
    path("experts/<slug:code>/active/", views_reviews.set_active, name="expert_active"),
    re_path(rf"^projects/{PROJECT}/motions/$", views_motions.page, name="motions"),
    re_path(rf"^projects/{PROJECT}/motions/stop/$", views_motions.stop, name="stop"),
    re_path(rf"^projects/{PROJECT}/motions/vote/$", views_motions.vote, name="vote"),
    re_path(rf"^projects/{PROJECT}/results/$", views_results.page, name="results"),
    re_path(rf"^projects/{PROJECT}/results/register/$", views_results.register, name="result_new"),
    re_path(rf"^p/{PROJECT}/licence/$", views_results.licence, name="licence"),
    re_path(rf"^projects/{PROJECT}/results/licence/{NAME}/claim/$", views_results.claim, name="licence_claim"),
    re_path(rf"^projects/{PROJECT}/results/licence/{NAME}/grant/$", views_results.grant, name="licence_grant"),
    re_path(rf"^projects/{PROJECT}/results/income/{INCOME}/correct/$", views_results.correct, name="income_correct"),
    re_path(rf"^projects/{PROJECT}/results/income/$", views_results.income, name="income"),
]
