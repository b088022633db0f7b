"""Hidden checks of lesson 7, shortcut learning: four measures, by NumPy and by a model built afresh."""

from autograder.checks.items import LessonChecks

from . import balanced_weights, energy_inside, flip_rate, group_accuracy

CHECKS = LessonChecks("07_shortcut_learning")
CHECKS.task("group_accuracy")(group_accuracy.items)
CHECKS.task("energy_inside")(energy_inside.items)
CHECKS.task("flip_rate")(flip_rate.items)
CHECKS.task("balanced_weights")(balanced_weights.items)
