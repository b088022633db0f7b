# misconception: minimum_not_subtracted
def normalize_filters(weight):
    return weight / weight.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-8)
