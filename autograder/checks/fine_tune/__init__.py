"""Hidden checks of lesson 8: prepare a network for transfer, train it, measure it, and ask where it looks."""

from autograder.checks.items import LessonChecks

from . import accuracy, mean_energy_inside, prepare_for_transfer, train_epoch

CHECKS = LessonChecks("08_fine_tune")
CHECKS.task("prepare_for_transfer", repeat=False)(prepare_for_transfer.items)
CHECKS.task("train_epoch", repeat=False)(train_epoch.items)
CHECKS.task("accuracy")(accuracy.items)
CHECKS.task("mean_energy_inside")(mean_energy_inside.items)
