# says: counts only once the ordinary case is right
def receptive_field(layers):
    return 1
