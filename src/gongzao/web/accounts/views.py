"""Signing in and one's own account."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from gongzao.web.accounts import services
from gongzao.web.accounts.forms import LoginForm, PasswordForm, TokenForm
from gongzao.web.accounts.models import User


@method_decorator(login_not_required, name="dispatch")
class Login(auth_views.LoginView):
    """Sign in."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True


class Logout(auth_views.LogoutView):
    """Sign out."""


class PasswordChange(auth_views.PasswordChangeView):
    """Choose a new password."""

    template_name = "accounts/password.html"
    form_class = PasswordForm
    success_url = reverse_lazy("accounts:profile")

    def form_valid(self, form: Any) -> HttpResponse:
        """Tell that the password is changed."""
        messages.success(self.request, _("密码已修改。"))
        return super().form_valid(form)


def _page(request: HttpRequest, form: TokenForm, token: str = "") -> HttpResponse:
    tokens = cast("User", request.user).api_tokens.order_by("-created_at")
    return render(request, "accounts/profile.html", {"form": form, "tokens": tokens, "token": token})


@require_GET
@never_cache
def profile(request: HttpRequest) -> HttpResponse:
    """Show one's posts and tokens."""
    return _page(request, TokenForm())


@require_POST
@never_cache
def token_create(request: HttpRequest) -> HttpResponse:
    """Issue a token and show it this once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    token = services.create_token(cast("User", request.user), form.cleaned_data["name"], form.cleaned_data["days"])
    return _page(request, TokenForm(), token)


@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw one of one's own tokens."""
    if not services.revoke_token(cast("User", request.user), pk):
        raise Http404
    messages.success(request, _("令牌已作废。"))
    return redirect("accounts:profile")
