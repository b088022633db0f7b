def normalize_filters(weight):
    flat = weight.flatten(1)
    low = flat.min(dim=1, keepdim=True).values
    high = flat.max(dim=1, keepdim=True).values
    return ((flat - low) / (high - low)).nan_to_num(0).view_as(weight)
