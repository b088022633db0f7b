"""Hidden checks of lesson 5, attribution: saliency, occlusion, guided backpropagation, deconvnet.

Definitions: Simonyan et al. 2014 (saliency), Zeiler and Fergus 2014 (occlusion, deconvnet), Springenberg et al. 2015
(guided backpropagation). Sizes are never 224, height and width differ, classes are seldom the predicted one.
"""

from autograder.checks.items import LessonChecks

from . import deconvnet, guided_backprop, occlusion_map, saliency_map

CHECKS = LessonChecks("05_attribution")
CHECKS.task("saliency_map")(saliency_map.items)
CHECKS.task("guided_backprop")(guided_backprop.items)
CHECKS.task("deconvnet")(deconvnet.items)
CHECKS.task("occlusion_map")(occlusion_map.items)
