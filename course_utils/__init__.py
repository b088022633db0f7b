"""What a student's notebook of "Seeing What CNNs See" imports: backbones, pictures, display and checks.

Importing the package loads torch and nothing heavier; each module brings what it needs itself.
"""

from course_utils.compat import declare_torchvision_operators

__version__ = "1.0.0"

# Before anything imports torchvision: see compat for the machines on which that import would fail.
declare_torchvision_operators()


def __getattr__(name: str):
    """`from course_utils import open_lesson`, imported when first asked for."""
    if name == "open_lesson":
        from course_utils.lesson import open_lesson

        return open_lesson
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
