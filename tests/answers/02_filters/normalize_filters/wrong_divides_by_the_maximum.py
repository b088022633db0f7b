# misconception: divided_by_the_maximum
def normalize_filters(weight):
    shifted = weight - weight.amin(dim=(1, 2, 3), keepdim=True)
    return shifted / weight.amax(dim=(1, 2, 3), keepdim=True)
