"""Help 帮助: what each page is for, in the words of who uses it."""

from fleet_manager.access.rights import VIEWS, may_see
from fleet_manager.web.ask import Answer, Ask, show
from fleet_manager.web.registry import page
from fleet_manager.web.texts import TEXTS


@page("/help", None)
def every_page(ask: Ask) -> Answer:
    """Show the help of the pages that somebody may see, that of the page they come from first."""
    asked = ask.query.get("page").strip("/").split("/")[0]
    known = [*(view.value for view in VIEWS if may_see(ask.who, view)), "account"]
    topics = [name for name in known if f"help.{name}" in TEXTS]
    topics.sort(key=lambda name: name != asked)
    return show("help.html", topics=topics, role=ask.t(f"role.{ask.who.role.value}"))
