"""A fine-tuned model on disk: weights as safetensors, names beside them as JSON. Never pickle.

Whoever opens a pickled model runs whatever code its author put into it. These two files hold numbers and text alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from course_utils.own_pictures import check_classes

FORMAT = "seeing-what-cnns-see fine-tuned model 1"


class SavedModelError(Exception):
    """A model could not be saved or loaded; the message is one line: what, where, and the remedy."""


def save_model(
    path: str | Path, model: nn.Module, classes: Sequence[str], backbone: str
) -> tuple[Path, Path]:
    """Write `<path>.safetensors` (every parameter and buffer) and `<path>.json` (classes, backbone's name).

    classes: the names of the outputs, in their order. backbone: what the model was made from (`Backbone.name`).
    Returns the two paths. Raises SavedModelError where they cannot be written, OwnPicturesError for bad classes.
    """
    weights, card = _paths(path)
    names = check_classes(classes)
    # Tensors that share one storage are refused by the format, hence the clones.
    state = {name: value.detach().cpu().clone().contiguous() for name, value in model.state_dict().items()}
    try:
        weights.parent.mkdir(parents=True, exist_ok=True)
        save_file(state, weights)
        card.write_text(
            json.dumps({"format": FORMAT, "backbone": backbone, "classes": names}, indent=2), encoding="utf-8"
        )
    except OSError as error:
        raise SavedModelError(
            f"{weights} cannot be written ({error.strerror}): choose another folder"
        ) from None
    return weights, card


def read_card(path: str | Path) -> tuple[tuple[str, ...], str]:
    """(classes, backbone's name) of a saved model. Raises SavedModelError where its card is missing or foreign."""
    _, card = _paths(path)
    if not card.is_file():
        raise SavedModelError(f"there is no {card}: a saved model is two files, .safetensors and .json")
    try:
        content = json.loads(card.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError
        return tuple(str(name) for name in content["classes"]), str(content["backbone"])
    except (ValueError, KeyError, TypeError, OSError):
        raise SavedModelError(f"{card} is no card of a saved model: save the model again") from None


def load_model(path: str | Path, model: nn.Module) -> tuple[str, ...]:
    """Put saved weights into a model of the same shape, in place; returns the names of its classes.

    model: the backbone with a head for as many classes, on any device. It is put into eval mode. Raises
    SavedModelError where a file is missing or damaged, or where the weights do not fit; the model is then as it was.
    """
    weights, _ = _paths(path)
    classes, backbone = read_card(path)
    if not weights.is_file():
        raise SavedModelError(f"there is no {weights}: a saved model is two files, .safetensors and .json")
    try:
        state = load_file(weights)
    except (SafetensorError, OSError):
        raise SavedModelError(f"{weights} is damaged or no safetensors file: save the model again") from None
    wanted = {name: value.shape for name, value in model.state_dict().items()}
    if {name: value.shape for name, value in state.items()} != wanted:
        raise SavedModelError(
            f"the weights do not fit this model: take {backbone} with a head for {len(classes)} classes"
        )
    model.load_state_dict(state)
    model.eval()
    return classes


def _paths(path: str | Path) -> tuple[Path, Path]:
    if not isinstance(path, (str, Path)) or not Path(path).name:
        raise SavedModelError(f"{path!r} is no file name: give one without an ending, such as 'my_model'")
    base = Path(path).expanduser()
    base = base.with_suffix("") if base.suffix in (".safetensors", ".json") else base
    return base.with_name(base.name + ".safetensors"), base.with_name(base.name + ".json")


__all__ = ["SavedModelError", "load_model", "read_card", "save_model"]
