# misconception: one_scale_for_all
def normalize_filters(weight):
    span = weight.max() - weight.min()
    if span == 0:
        return weight * 0
    return (weight - weight.min()) / span
