"""How property tests run: no deadline per example (machines are noisy), failures print how to repeat them."""

from hypothesis import settings

settings.register_profile("gongzao", deadline=None, print_blob=True)
settings.load_profile("gongzao")
