"""Who changed what, when, from where, and from what to what: one table for the whole site that only gains rows.

A service describes what it did with :func:`added`, :func:`changed` and :func:`removed` and hands the descriptions to
:func:`record` in the transaction of its writes::

    before = history.snapshot(firm)
    firm.name = name
    firm.save()
    history.record([history.changed(firm, before, reason="名录更新")], by=user)

What the administration writes, and every write of users, posts and tokens, is followed by itself
(:mod:`gongzao.web.kit.history.watching`).
"""

from gongzao.web.kit.history.models import Act, Change
from gongzao.web.kit.history.record import act, added, changed, record, removed
from gongzao.web.kit.history.snapshots import place_of, snapshot

__all__ = ["Act", "Change", "act", "added", "changed", "place_of", "record", "removed", "snapshot"]
