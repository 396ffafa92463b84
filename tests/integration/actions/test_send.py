"""accsyn Send as ftrack's web page asks for it: from the menu over form and preview to a request in the outbox."""

from __future__ import annotations

from ftrack_accsyn_sandbox.studio import Studio
from serving import Page, Serving, hidden, text


def test_a_shot_is_sent_from_the_menu_over_form_and_preview_to_a_request(
    studio: Studio, serving: Serving, page: Page
) -> None:
    selection = [{"entityId": studio.ids["show_a/sq010/sh010"], "entityType": "task"}]
    action = page.action("send", selection)

    form = page.launch(action, selection)
    assert form["type"] == "form", form
    values = {**hidden(form), "source": studio.ids["studio.hq"], "destination": studio.ids["studio.london"]}
    preview = page.launch(action, selection, **values)
    assert preview["title"] == "Send 1 item (1 file, 1.0 MB)"
    assert "<b>" not in text(preview)
    done = page.launch(action, selection, **hidden(preview))

    assert done["success"], done
    (request,) = serving.outbox.requests.latest(10)
    assert (request.request.username, request.items) == ("artist", 1)
