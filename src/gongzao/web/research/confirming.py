"""The page before the last click: what a binding step will do, in figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

Text = str | Promise


def confirm(
    request: HttpRequest,
    context: Mapping[str, Any],
    *,
    question: Text,
    facts: Sequence[tuple[Text, str]],
    points: Sequence[Text],
    button: Text,
    back: str,
) -> HttpResponse:
    """Show the consequence and send what was sent before once more, with ``confirmed``.

    Parameters
    ----------
    request
        The POST with everything but the confirmation.
    context
        What the head of the page needs.
    question
        What is about to be done.
    facts, points
        The figures, and what follows from the step.
    button, back
        Words on the button, and the address of the page before.
    """
    hidden = [(name, value) for name, value in request.POST.items() if name not in ("csrfmiddlewaretoken", "confirmed")]
    more = {"question": question, "facts": facts, "points": points, "button": button, "back": back, "hidden": hidden}
    return render(request, "research/confirm_step.html", {**context, **more})
