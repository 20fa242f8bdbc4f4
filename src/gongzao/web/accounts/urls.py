"""Addresses of signing in and of one's own account."""

from django.urls import path

from gongzao.web.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", views.Logout.as_view(), name="logout"),
    path("profile/", views.profile, name="profile"),
    path("profile/tokens/", views.token_create, name="token_create"),
    path("profile/tokens/<int:pk>/revoke/", views.token_revoke, name="token_revoke"),
    path("history/", views.history, name="history"),
    path("profile/password/", views.PasswordChange.as_view(), name="password"),
]
