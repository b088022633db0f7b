"""Hidden checks of lesson 4, activation maps: which channels, how large, dead or alive, and where they answer most."""

from autograder.checks.items import LessonChecks

from . import dead_channels, max_activating_patches, resize_map, top_channels

CHECKS = LessonChecks("04_activation_maps")
CHECKS.task("top_channels")(top_channels.items)
CHECKS.task("resize_map")(resize_map.items)
CHECKS.task("dead_channels")(dead_channels.items)
CHECKS.task("max_activating_patches")(max_activating_patches.items)
