"""Hidden checks of lesson 1. Oracles: torchvision's pipeline, torch's convolution, a count from the end."""

from autograder.checks.items import LessonChecks

from . import activation_change, conv2d_by_hand, preprocess, receptive_field

CHECKS = LessonChecks("01_image_to_activations")
CHECKS.task("preprocess")(preprocess.items)
CHECKS.task("conv2d_by_hand")(conv2d_by_hand.items)
CHECKS.task("receptive_field")(receptive_field.items)
CHECKS.task("activation_change")(activation_change.items)
