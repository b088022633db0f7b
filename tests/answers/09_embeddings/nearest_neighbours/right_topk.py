def nearest_neighbours(query, gallery, k):
    similar = (gallery @ query) / (gallery.norm(dim=1) * query.norm())
    return similar.topk(k).indices
