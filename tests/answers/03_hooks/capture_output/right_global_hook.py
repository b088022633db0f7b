# A hook on all modules at once, which looks only at the one that counts.
from torch.nn.modules.module import register_module_forward_hook


def capture_output(model, layer, x):
    kept = []
    handle = register_module_forward_hook(
        lambda module, args, output: kept.append(output.detach().clone()) if module is layer else None
    )
    try:
        model(x)
    finally:
        handle.remove()
    return kept[-1].cpu()
