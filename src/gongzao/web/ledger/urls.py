"""Addresses of the ledger."""

from django.urls import URLPattern, path, re_path

from gongzao.web.ledger import views, views_bank, views_treatment

FORM = r"(?P<form>xlsx|csv)"

app_name = "ledger"
urlpatterns: list[URLPattern] = [
    path("", views.accounts, name="accounts"),
    path("statement/", views.statement, name="statement"),
    re_path(rf"^statement/export\.{FORM}$", views.statement_export, name="statement_export"),
    path("journal/", views.journal, name="journal"),
    re_path(rf"^journal/export\.{FORM}$", views.journal_export, name="journal_export"),
    re_path(r"^entries/(?P<seq>\d{1,18})/$", views.entry, name="entry"),
    path("audit/", views.audit, name="audit"),
    path("book.jsonl", views.book_file, name="book_file"),
    path("heads/", views.heads, name="heads"),
    path("heads/heads.csv", views.heads_file, name="heads_file"),
    path("bank/", views_bank.overview, name="bank"),
    path("bank/upload/", views_bank.upload, name="bank_upload"),
    path("bank/register/", views_bank.register, name="bank_register"),
    path("bank/settle/", views_bank.settle, name="bank_settle"),
    re_path(r"^bank/statements/(?P<pk>\d{1,18})/$", views_bank.statement, name="bank_statement"),
    re_path(r"^bank/lines/(?P<pk>\d{1,18})/$", views_treatment.line, name="bank_line"),
    re_path(
        r"^bank/accounts/(?P<account>.{1,200})/entries/(?P<seq>\d{1,18})/$", views_treatment.entry, name="bank_entry"
    ),
]
