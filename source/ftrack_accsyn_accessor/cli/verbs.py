"""Which commands there are, which module has each, and what its help begins with. Imports none of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Verb(NamedTuple):
    """A command: the module of this room that has it, under its own name, and what it does in one sentence."""

    module: str
    does: str


VERBS: Mapping[str, Verb] = {
    "cancel": Verb("requests", "Take back what has not begun of a request, and say what had."),
    "clean": Verb("clean", "Free staged files that are proven to be at their destination."),
    "deliver": Verb("deliver", "Check what you have made, and deliver it to the studio with accsyn."),
    "demo": Verb("demo", "Show the whole way of a publish, on this machine alone."),
    "doctor": Verb("doctor", "Check every setting and connection one by one, and say what to do about what is wrong."),
    "drain": Verb("drain", "Send what waits on this machine, and follow it until all of it has arrived."),
    "first": Verb("first", "Send something before everything else of its sync job."),
    "forget": Verb("forget", "Take what needs attention out of the list for good."),
    "get": Verb("get", "Fetch components from wherever they are to this machine's staging location."),
    "hook": Verb("hook", "For accsyn's hooks (Admin > Settings > Hooks): take in what vendors deliver."),
    "log": Verb("log", "Show where the outbox and the log are, and what happened to items lately, the latest first."),
    "outsource": Verb("outsource", "Hand tasks out to a vendor, with what they need."),
    "pause": Verb(
        "control", "Let nothing more be sent from this machine until `resume`, in all applications and across restarts."
    ),
    "queue": Verb("queue", "Look after accsyn's queues."),
    "reconcile": Verb(
        "reconcile", "Queue what was published on this machine and is neither at its destination nor in the outbox."
    ),
    "requests": Verb(
        "requests", "List what was asked for from this machine: Send, Sync, Get and Outsource, with how far each is."
    ),
    "resume": Verb("control", "Go on with what `pause` has paused."),
    "retry": Verb("control", "Try again at once what waits or needs attention: the named items, or everything."),
    "sandbox": Verb("sandbox", "Run a studio on this machine, ftrack and accsyn included, until Ctrl-C."),
    "send": Verb("send", "Send the components of a selection from one location to another."),
    "serve": Verb(
        "serve",
        'Answer the actions "accsyn Send", "Sync", "Status" and "Outsource" for everybody in ftrack, '
        "until it is stopped.",
    ),
    "status": Verb("status", "Tell what is pending, moving and stuck, and whether it is safe to quit."),
    "sync": Verb("sync", "Sync files and folders of a volume between head quarters and a site."),
    "vendors": Verb(
        "vendors",
        "List who may reach what of the vendors' folders, why, what work is not back yet, "
        "and what is not finished here.",
    ),
    "wait": Verb("wait", "Wait until ftrack knows a component, or all components of a version, at a location."),
    "where": Verb(
        "where",
        "Tell where components are, where they are going to, and what keeps them, on every machine of the studio.",
    ),
    "why": Verb("why", "Say why something has not arrived, and what to do."),
}
