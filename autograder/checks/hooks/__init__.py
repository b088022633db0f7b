"""Hidden checks of lesson 3, hooks: what a layer gave, and the gradient that came back to it."""

from autograder.checks.items import LessonChecks

from . import capture_activations, capture_gradient, capture_output

CHECKS = LessonChecks("03_hooks")
CHECKS.task("capture_output")(capture_output.items)
CHECKS.task("capture_activations")(capture_activations.items)
CHECKS.task("capture_gradient")(capture_gradient.items)
