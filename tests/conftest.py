"""Hypothesis profiles: ``ICIBASELINE_HYPOTHESIS_PROFILE=deep python3 dev.py test tests``."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadlines: a shared machine may pause at any moment. Fixed examples unless one goes looking for new ones.
settings.register_profile("dev", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True)
settings.register_profile("deep", max_examples=5_000, deadline=None, derandomize=False)
settings.load_profile(os.environ.get("ICIBASELINE_HYPOTHESIS_PROFILE", "dev"))
