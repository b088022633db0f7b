# misconception: zero_by_zero
def normalize_filters(weight):
    lo = weight.amin(dim=(1, 2, 3), keepdim=True)
    hi = weight.amax(dim=(1, 2, 3), keepdim=True)
    return (weight - lo) / (hi - lo)
