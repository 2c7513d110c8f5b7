"""How many of the planted bugs the simulated park finds by itself: read from the stored run."""

from tests.bench.figures import Figure, measure
from tests.mutants.catalogue import CATALOGUE
from tests.mutants.results import load, seen_share


@measure("mutants_found_by_park")
def mutants_found_by_park() -> dict[str, Figure]:
    """Share of the planted bugs that change what a person, a count or a record sees which the park
    finds without any unit test. `./run mutants` measures it anew."""
    found, seen = seen_share(CATALOGUE, load())
    note = f"{found} of {seen} that are seen, of {len(CATALOGUE)} planted; from the stored run"
    return {"mutants_found_by_park": Figure(round(found / seen, 3), "share", None, note, ">= 0.67")}
