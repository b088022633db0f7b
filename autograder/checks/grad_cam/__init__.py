"""Hidden checks of lesson 6, Grad-CAM. Equations from Selvaraju et al. 2017 and Zhou et al. 2016."""

from autograder.checks.items import LessonChecks

from . import cam, channel_weights, class_heatmaps, grad_cam, guided_grad_cam, weighted_activation_sum

CHECKS = LessonChecks("06_grad_cam")
CHECKS.task("channel_weights")(channel_weights.items)
CHECKS.task("weighted_activation_sum")(weighted_activation_sum.items)
CHECKS.task("grad_cam")(grad_cam.items)
CHECKS.task("class_heatmaps")(class_heatmaps.items)
CHECKS.task("cam")(cam.items)
CHECKS.task("guided_grad_cam")(guided_grad_cam.items)
