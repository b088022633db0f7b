"""Hidden checks of lesson 9, embeddings. Oracles: NumPy in double precision."""

from autograder.checks.items import LessonChecks

from . import embed, nearest_neighbours, pca_2d, retrieval_precision

CHECKS = LessonChecks("09_embeddings")
CHECKS.task("embed")(embed.items)
CHECKS.task("pca_2d")(pca_2d.items)
CHECKS.task("nearest_neighbours")(nearest_neighbours.items)
CHECKS.task("retrieval_precision")(retrieval_precision.items)
