"""Signing in and one's own account."""

from typing import Any, cast

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_lockout_response
from django.contrib import messages
from django.contrib.auth import user_login_failed
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gongzao.web.accounts import services, trail
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

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse to check one more old password where too many were wrong, as at signing in."""
        if not AxesProxyHandler.is_allowed(request, self._credentials()):
            locked: HttpResponse = get_lockout_response(request, credentials=self._credentials())
            return locked
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Count a wrong old password."""
        if "old_password" in form.errors:
            user_login_failed.send(__name__, credentials=self._credentials(), request=self.request)
        return super().form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:
        """Withdraw the tokens that were issued under the old password, and tell that it is changed."""
        withdrawn = services.revoke_tokens(cast("User", self.request.user))
        messages.success(self.request, _("密码已修改。"))
        if withdrawn:
            messages.warning(self.request, _("原有的%(n)d个接口令牌已作废，请重新签发。") % {"n": withdrawn})
        return super().form_valid(form)

    def _credentials(self) -> dict[str, str]:
        return {"username": cast("User", self.request.user).get_username()}


def _page(request: HttpRequest, form: TokenForm, token: str = "") -> HttpResponse:
    tokens = cast("User", request.user).api_tokens.order_by("-created_at")
    return render(request, "accounts/profile.html", {"form": form, "tokens": tokens, "token": token})


@require_safe
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


PAGE = 50


@require_safe
@never_cache
def history(request: HttpRequest) -> HttpResponse:
    """Show who changed what, newest first, to officers for their place and to auditors for all."""
    user = cast("User", request.user)
    if not trail.may_read(user):
        raise PermissionDenied
    form = trail.TrailForm(request.GET, trail.seen(user))
    rows = form.chosen()
    before = request.GET.get("before", "")
    older = rows.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 19 else rows
    shown = list(older[: PAGE + 1])
    page = shown[:PAGE]
    context = {
        "form": form,
        "entries": trail.lines_of(page, user),
        "older": page[-1].pk if len(shown) > PAGE else None,
        "first_page": older is rows,
        "answer": trail.answer(page, user),
    }
    return render(request, "accounts/history.html", context)
