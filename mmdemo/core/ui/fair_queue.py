"""Visitors take turns, and nobody waits without end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from gradio import queueing
from gradio.server_messages import ProcessCompletedMessage

from mmdemo.core import language
from mmdemo.core.language import _
from mmdemo.core.serve import public
from mmdemo.core.ui.languages import asked

MAX_QUEUE = 64
"""Questions that wait; further ones are told to come back."""
MAX_OWN = MAX_QUEUE // 2
"""Of these, questions from one address."""
MAX_OF_A_CLASS = 256
"""Questions that wait, and of these from one address, where a class may share one."""
PATIENCE = 180.0
"""Seconds that a question waits at most."""


def bound() -> int:
    """Questions that wait at most."""
    return MAX_OF_A_CLASS if public.classroom else MAX_QUEUE


class FairQueue(queueing.Queue):
    """Gradio's queue, whose lanes are no longer first come, first served.

    A visitor is an address. Of those who wait, the one with the fewest questions under way comes
    next, so that forty large pictures of one visitor do not hold up another's first.
    """

    async def push(self, body: Any, request: Any, username: str | None) -> Any:
        """As Gradio's own, with a bound on what one visitor has waiting."""
        if body.fn_index not in self.blocks.fns:
            return False, _("There is no such question here."), "error"
        who = public.visitor(request.scope)
        lanes = self.event_queue_per_concurrency_id.values()
        waiting = sum(_visitor(event) == who for lane in lanes for event in lane.queue)
        if waiting >= (MAX_OF_A_CLASS if public.classroom else MAX_OWN):
            text = _("You have {count} questions waiting. Please wait for their answers first.")
            return False, text.format(count=waiting), "queue_full"
        return await super().push(body, request, username)

    def get_events(self) -> Any:
        """The next to be answered, under the lock of Gradio's loop."""
        running = Counter(_visitor(event) for job in self.active_jobs for event in job or ())
        for lane in self.event_queue_per_concurrency_id.values():
            lane.queue[:] = in_turns([e for e in lane.queue if not self._given_up(e)], running)
        return super().get_events()

    def _given_up(self, event: queueing.Event) -> bool:
        """Whether a question has waited too long; its visitor is told so."""
        if time.monotonic() - event.enqueue_time <= PATIENCE:
            return False
        request = event.request
        with language.speaking(asked(request.query_params, request.headers, request.cookies)):
            text = _(
                "Too many others are asking at this moment. Please try again in a few minutes."
            )
            title = _("Please come back")
        told = {"error": text, "visible": True, "title": title, "duration": 10}
        self.send_message(event, ProcessCompletedMessage(output=told, success=False))
        event.alive = False
        return True


def in_turns(events: Sequence[Any], running: Counter[str]) -> list[Any]:
    """Events in the order in which their visitors take turns.

    Args:
        events: in the order in which they came.
        running: questions under way, by visitor.
    """
    before = Counter(running)
    turns = []
    for event in events:
        who = _visitor(event)
        turns.append(before[who])
        before[who] += 1
    return [event for _, event in sorted(zip(turns, events, strict=True), key=lambda pair: pair[0])]


def _visitor(event: queueing.Event) -> str:
    return public.visitor(event.request.scope)
