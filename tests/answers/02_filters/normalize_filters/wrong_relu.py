# misconception: negatives_cut_off
def normalize_filters(weight):
    return weight.relu() / weight.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-8)
