# A mask for each patch by comparing coordinates, a row of pictures at a time.
import torch


def occlusion_map(model, x, class_index, patch=32, stride=16, fill=0.0):
    height, width = x.shape[2:]
    rows, cols = (height - patch) // stride + 1, (width - patch) // stride + 1
    down = torch.arange(height, device=x.device)[None] - stride * torch.arange(rows, device=x.device)[:, None]
    across = torch.arange(width, device=x.device)[None] - stride * torch.arange(cols, device=x.device)[:, None]
    in_rows, in_cols = (down >= 0) & (down < patch), (across >= 0) & (across < patch)
    result = []
    with torch.no_grad():
        base = model(x).softmax(1)[:, class_index]
        for row in in_rows:
            hidden = row[None, :, None] & in_cols[:, None, :]
            covered = torch.where(hidden[:, None], torch.full_like(x, fill), x)
            result.append(base - model(covered).softmax(1)[:, class_index])
    return torch.stack(result).cpu()
