"""Following writes that pass no service: the administration, users and tokens, signing in and out."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.http import HttpRequest

from gongzao.web.kit.history.middleware import current_request
from gongzao.web.kit.history.models import Act, Change
from gongzao.web.kit.history.record import act, added, changed, keep, removed
from gongzao.web.kit.history.snapshots import place_of, snapshot
from gongzao.web.project.insert_only import InsertOnly

_always: set[type[models.Model]] = set()


def watch(*kinds: type[models.Model]) -> None:
    """Keep every saved or deleted row of these models, whoever writes: page, API, administration or command.

    Writes of many rows at once (``update``, ``bulk_create``) send no signal: services that use them record themselves.
    """
    _always.update(kinds)
    for kind in kinds:
        _connect(kind)


def follow_administration() -> None:
    """Keep what the administration does to any row that it can edit, and who signs in and out."""
    for kind, edited in admin.site._registry.items():
        if not issubclass(kind, InsertOnly):
            for model in (kind, *(inline.model for inline in edited.inlines)):
                _connect(model)
    for signal, listener in ((user_logged_in, _signed_in), (user_logged_out, _signed_out)):
        signal.connect(listener, dispatch_uid="history")
    user_login_failed.connect(_sign_in_failed, dispatch_uid="history")


def _connect(kind: type[models.Model]) -> None:
    # By model: a listener for every model would make each bulk deletion of the site read its rows first.
    for signal, listener in ((pre_save, _before_save), (post_save, _after_save), (post_delete, _after_delete)):
        signal.connect(listener, sender=kind, dispatch_uid="history")
    for field in kind._meta.local_many_to_many:
        if field.remote_field.through._meta.auto_created:  # type: ignore[union-attr]  # always a model here
            m2m_changed.connect(_links_changed, sender=field.remote_field.through, dispatch_uid="history")


def _watched(kind: type[models.Model]) -> bool:
    request = current_request()
    match = request.resolver_match if request is not None else None
    return kind in _always or (match is not None and "admin" in match.namespaces)


def _author() -> AbstractUser | None:
    user = getattr(current_request(), "user", None)
    return user if isinstance(user, get_user_model()) else None


def _keep(change: Change) -> None:
    with transaction.atomic():
        keep([change], _author())


def _before_save(sender: type[models.Model], instance: Any, raw: bool, **_: Any) -> None:
    if raw or not _watched(sender):
        return
    stored = None if instance._state.adding else sender._base_manager.filter(pk=instance.pk).first()
    instance._history_before = None if stored is None else (snapshot(stored), place_of(stored))


REHASHED = "登录时更新密码的存储方式"


def _after_save(
    sender: type[models.Model], instance: Any, raw: bool, update_fields: frozenset[str] | None = None, **_: Any
) -> None:
    if raw or not _watched(sender):
        return
    known = instance.__dict__.pop("_history_before", None)
    if known is None:
        _keep(added(instance))
    else:
        values, place = known
        # Django stores the same password anew on signing in, by a save of this field alone, when hashing is tuned.
        reason = REHASHED if update_fields == frozenset({"password"}) else ""
        _keep(changed(instance, values, place_before=place, reason=reason))


def _after_delete(sender: type[models.Model], instance: Any, **_: Any) -> None:
    if _watched(sender):
        _keep(removed(instance))


def _links_changed(sender: Any, instance: Any, action: str, reverse: bool, **_: Any) -> None:
    if reverse or not _watched(type(instance)):
        return
    field = next(f for f in instance._meta.many_to_many if f.remote_field.through is sender)
    now = sorted(getattr(instance, field.name).values_list("pk", flat=True))
    if action.startswith("pre_"):
        instance._history_links = now
    else:
        before = {field.name: instance.__dict__.pop("_history_links", [])}
        _keep(act(Act.CHANGED, instance, before, {field.name: now}))


def _signed_in(sender: Any, request: HttpRequest | None, user: AbstractUser, **_: Any) -> None:
    _note_sign_in(Act.SIGNED_IN, user, user)


def _signed_out(sender: Any, request: HttpRequest | None, user: AbstractUser | None, **_: Any) -> None:
    if user is not None:
        _note_sign_in(Act.SIGNED_OUT, user, user)


def _sign_in_failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    # A name that is no account may be a mistyped password, and a locked one could fill the table: neither is kept.
    if getattr(request, "axes_locked_out", False):
        return
    model = get_user_model()
    user = model._default_manager.filter(**{model.USERNAME_FIELD: credentials.get("username") or ""}).first()
    if user is not None:
        _note_sign_in(Act.SIGN_IN_FAILED, user, None)


def _note_sign_in(kind: Act, user: Any, by: AbstractUser | None) -> None:
    with transaction.atomic():
        keep([act(kind, user)], by)


def label_of(model: str) -> str:
    """Return what a kind of row is called, by its label; the label itself for a model that is no more."""
    try:
        return str(apps.get_model(model)._meta.verbose_name)
    except (LookupError, ValueError):
        return model
