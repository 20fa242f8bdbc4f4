"""Crowd-funded research: calls, proposals and projects in the database, and their pages."""
