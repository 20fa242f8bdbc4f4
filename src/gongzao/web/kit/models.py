"""The kit's tables: none but those of the history."""

from gongzao.web.kit.history.models import Change

__all__ = ["Change"]
