"""The site's settings for tests: plain HTTP on this machine, static files straight from their sources."""

import os
from datetime import timedelta

os.environ["GONGZAO_PLAIN_HTTP"] = "1"

from gongzao.web.project.settings import *  # noqa: F403
from gongzao.web.project.settings import STATIC_ROOT, STORAGES

LEDGER_REST = timedelta(days=36500)  # the stories of the tests are of fixed days
STATIC_ROOT.mkdir(exist_ok=True)

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
