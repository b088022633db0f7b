# says: an input has other values
def normalize_filters(weight):
    before = weight.clone()
    lo = before.amin(dim=(1, 2, 3), keepdim=True)
    span = before.amax(dim=(1, 2, 3), keepdim=True) - lo
    span[span == 0] = 1
    weight -= lo
    weight /= span
    result = weight.clone()
    return result
