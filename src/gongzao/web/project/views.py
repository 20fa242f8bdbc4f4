"""Language switch, health, and pages for what went wrong."""

import os
import shutil

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language and return to the page that asked."""
    language = request.POST.get("language", "")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    if translation.check_for_language(language) and language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=365 * 86400,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    return response


LEAST_FREE = 100 * 1024 * 1024
"""Free space on the disk below which the site calls itself unwell [B]."""


@login_not_required
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Say whether the site reaches its database and has room on its disk; 503 where not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "database"}, status=503)
    if shutil.disk_usage(settings.VAR).free < LEAST_FREE or not os.access(settings.VAR, os.W_OK):
        return JsonResponse({"status": "disk"}, status=503)
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Ask search engines to leave the working pages alone; the public ones may be found."""
    return HttpResponse("User-agent: *\nDisallow: /admin/\nDisallow: /api/\nDisallow: /accounts/\n", "text/plain")


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead browsers that ask for the old address to the icon."""
    return HttpResponseRedirect(static("gongzao/icon.svg"))


def _fault(request: HttpRequest, status: int, title: str, what: str, safe: str, todo: str) -> HttpResponse:
    if request.path.startswith("/api/"):  # a program asked, and reads the form that the API documents
        return JsonResponse({"detail": f"{title}: {what}", "code": f"http.{status}"}, status=status)
    context = {"status": status, "title": title, "what": what, "safe": safe, "todo": todo}
    return render(request, "fault.html", context, status=status)


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for a request that could not be read."""
    return _fault(
        request,
        400,
        _("请求无法处理"),
        _("浏览器发来的内容不完整或格式不对。"),
        _("没有保存任何内容，原有数据不变。"),
        _("请返回上一页重试；若再次出现，请联系集群服务中心。"),
    )


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form that was opened before signing in again, or without cookies."""
    return _fault(
        request,
        403,
        _("这一步没有办理"),
        _("本页是在您重新登录之前打开的，或浏览器没有保存 Cookie，系统无法确认是您本人的操作。"),
        _("没有保存任何内容，原有数据不变；返回上一页，所填内容通常还在。"),
        _("请返回上一页，复制已填内容，刷新后再提交。"),
    )


def too_large(request: HttpRequest, most: int) -> HttpResponse:
    """Return the page for a body of more than ``most`` [B]."""
    return _fault(
        request,
        413,
        _("内容太大"),
        _("一次最多提交 %(most)s MB。") % {"most": most // (1024 * 1024)},
        _("没有保存任何内容，原有数据不变。"),
        _("请压缩图片，或把文件拆成几份分别上传。"),
    )


@login_not_required
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for somebody who may not do this."""
    return _fault(
        request,
        403,
        _("您没有此项权限"),
        _("您的角色不能查看或办理这一项。"),
        _("没有保存任何内容，原有数据不变。"),
        _("如工作需要，请上级管理员为您增加任职；也可换一个账号登录。"),
    )


@login_not_required
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for an address that leads nowhere the visitor may see."""
    return _fault(
        request,
        404,
        _("没有这个页面"),
        _("地址有误、内容已移走，或不在您的管辖范围内。"),
        _("数据没有变化。"),
        _("请检查地址，或从左侧导航重新进入。"),
    )


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """Return the page for a fault of ours."""
    return _fault(
        request,
        500,
        _("系统出错了"),
        _("这是我们的问题，不是您的操作有误。"),
        _("刚才这一步没有保存；此前已保存的内容都在。"),
        _("请稍后重试；若再次出现，请把时间和所做操作告诉管理员。"),
    )
