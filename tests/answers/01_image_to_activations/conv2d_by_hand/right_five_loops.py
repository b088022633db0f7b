import torch


def conv2d_by_hand(image, kernel, bias=0.0):
    pixels, weights = image.tolist(), kernel.tolist()
    k = len(weights[0])
    rows = []
    for i in range(len(pixels[0]) - k + 1):
        row = []
        for j in range(len(pixels[0][0]) - k + 1):
            total = bias
            for c in range(len(pixels)):
                for u in range(k):
                    for v in range(k):
                        total += pixels[c][i + u][j + v] * weights[c][u][v]
            row.append(total)
        rows.append(row)
    return torch.tensor(rows)
