"""The Django site: one thin app per system, on top of the engines."""
