# misconception: zero_in_the_middle
def normalize_filters(weight):
    return weight / weight.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-8) / 2 + 0.5
