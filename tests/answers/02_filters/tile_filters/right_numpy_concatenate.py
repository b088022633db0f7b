import numpy as np


def tile_filters(filters, columns=8, padding=1):
    tiles = [f.transpose(1, 2, 0) for f in filters.numpy()]
    k = filters.shape[-1]
    while len(tiles) % columns:
        tiles.append(np.ones((k, k, 3), dtype=np.float32))
    rows = []
    for start in range(0, len(tiles), columns):
        parts = []
        for tile in tiles[start : start + columns]:
            parts += [tile, np.ones((k, padding, 3), dtype=np.float32)]
        row = np.concatenate(parts[:-1], axis=1)
        rows += [row, np.ones((padding, row.shape[1], 3), dtype=np.float32)]
    return np.concatenate(rows[:-1], axis=0)
