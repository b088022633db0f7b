# says: which is not right
def receptive_field(layers):
    return 1
