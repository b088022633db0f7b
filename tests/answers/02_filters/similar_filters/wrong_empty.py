# says: has 0 entries
def similar_filters(weight, threshold=0.95):
    return []
