"""Acts on rules: set, reset."""

from collections.abc import Mapping

from fleet_manager.access.actor import Actor
from fleet_manager.access.rights import Act
from fleet_manager.centre import Centre
from fleet_manager.services.act import performed
from fleet_manager.trust import rules
from gate_agent.validator.trust.rule_book import Rules


def change(centre: Centre, who: Actor, code: str, words: Mapping[str, str]) -> Rules:
    """Set rules of the product `code`, or of `rules.EVERY`; return all its rules.

    Raises CentreError before anything changed.
    """
    with performed(centre, who, Act.RULES_SET, f"rules of {code}") as deed:
        before = rules.settings_of(rules.of(deed.connection, code))
        made = rules.change(deed.connection, code, words)
        after = rules.settings_of(made)
        deed.before = {name: before[name] for name in words}
        deed.after = {name: after[name] for name in words}
    return made


def reset(centre: Centre, who: Actor, code: str) -> Rules:
    """Let the product `code` go by the rules of all again; return those. Raises CentreError."""
    with performed(centre, who, Act.RULES_RESET, f"rules of {code}") as deed:
        deed.before = rules.settings_of(rules.of(deed.connection, code))
        rules.forget(deed.connection, code)
        default, _own = rules.current(deed.connection)
        deed.after = rules.settings_of(default)
    return default
