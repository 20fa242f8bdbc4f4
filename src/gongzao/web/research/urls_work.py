"""Addresses of milestones, reviews, motions and results."""

from django.urls import URLPattern, URLResolver, path, re_path

from gongzao.web.research import views_motions, views_results, views_reviews, views_work
from gongzao.web.research.urls_projects import PROJECT

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(rf"^projects/{PROJECT}/work/$", views_work.work, name="work"),
    re_path(rf"^projects/{PROJECT}/work/draw/$", views_work.draw, name="draw"),
    re_path(rf"^projects/{PROJECT}/evidence/(?P<sha256>[0-9a-f]{{64}})/$", views_work.evidence_file, name="evidence"),
    path("reviews/", views_reviews.reviews, name="reviews"),
    re_path(r"^reviews/(?P<pk>\d{1,18})/$", views_reviews.review, name="review"),
    path("reviews/conflicts/", views_reviews.conflicts, name="conflicts"),
    path("experts/", views_reviews.register, name="experts"),
    re_path(rf"^projects/{PROJECT}/motions/$", views_motions.motions, name="motions"),
    re_path(rf"^projects/{PROJECT}/motions/vote/$", views_motions.vote, name="vote"),
    re_path(rf"^projects/{PROJECT}/results/$", views_results.results, name="results"),
    re_path(rf"^projects/{PROJECT}/results/register/$", views_results.register, name="result_register"),
    re_path(rf"^projects/{PROJECT}/results/licence/$", views_results.ask, name="licence_ask"),
    re_path(rf"^projects/{PROJECT}/results/(?P<what>claim|grant)/$", views_results.licence, name="licence_decide"),
    re_path(rf"^projects/{PROJECT}/results/income/$", views_results.income, name="income"),
]
