"""Hidden checks of lesson 2. Oracles: NumPy for the scaling and the cosines, reshaping for the tiles."""

from autograder.checks.items import LessonChecks

from . import normalize_filters, similar_filters, tile_filters

CHECKS = LessonChecks("02_filters")
CHECKS.task("normalize_filters")(normalize_filters.items)
CHECKS.task("tile_filters")(tile_filters.items)
CHECKS.task("similar_filters")(similar_filters.items)
