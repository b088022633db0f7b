import math


def nearest_neighbours(query, gallery, k):
    def cosine(row):
        dot = sum(float(a) * float(b) for a, b in zip(query, row))
        return dot / math.sqrt(sum(float(b) ** 2 for b in row))

    return sorted(range(len(gallery)), key=lambda i: -cosine(gallery[i]))[:k]
