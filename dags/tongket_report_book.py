"""The run-book of every report DAG after its paragraph on when it runs.

Only `tongket_reports` imports this.
"""

from __future__ import annotations

_DECISION = """
`ask` collects the documents that nobody has decided on; of a report that is published already, it drafts one that
replaces its figures where they have changed enough since. Then the run ends: a document waits on the page
(*Văn bản*) for as long as it takes, where a person approves it, with number, date and signer, or sends it back with a
reason; `dispatch` mails those who decide. A document that a newer draft replaces waits no more.
"""
_FAILURES = """
**When it fails**

* `scopes`: `catalog/` has a mistake in what all scopes share. Mend it, clear the task, with downstream.
* `write`: a regime in `catalog/` or a slot of a template is wrong, the database is away, the outbox cannot be written,
  or the disk is full; the other scopes go on. Mend what the message names, clear the scope that failed with downstream.
* `ask`: the database is away, or a template of the correction is wrong. Mend it, clear the task, with downstream.
"""
_FEEDBACK_FAILURE = """\
* `feedback`: the database is away or the outbox cannot be written. Mend it, clear the scope that failed.
"""
_END = """\
* `watch`: nothing of its own; it turns the run red, names the tasks that failed, and notes the run for `alerts`. Clear
  those tasks, with downstream.

*Skipped* is no failure: the task's log says why (another kind of period; no scope due yet; no such report; nothing
to decide). A re-run is always safe: the same facts give the same documents, and a document is asked about once.
"""


def build_report_book(opening: str, with_feedback: bool) -> str:
    """The run-book after ``opening``, its first paragraph with the heading."""
    return "".join((opening, _DECISION, _FAILURES, _FEEDBACK_FAILURE * with_feedback, _END))
