# misconception: dot_product
def similar_filters(weight, threshold=0.95):
    flat = weight.flatten(1)
    sim = flat @ flat.T
    n = len(flat)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if sim[i, j] >= threshold and flat[i].any() and flat[j].any()]
