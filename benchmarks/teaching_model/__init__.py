"""How the course's small teaching ResNet-18 was made: pictures, distillation, measurements."""

# First, so that torchvision imports on every machine: see course_utils.compat.
import course_utils  # noqa: F401
