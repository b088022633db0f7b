import torch


def retrieval_precision(embeddings, labels, k):
    total = 0.0
    for i in range(len(embeddings)):
        others = [j for j in range(len(embeddings)) if j != i]
        similar = torch.cosine_similarity(embeddings[others], embeddings[i][None])
        best = similar.argsort(descending=True)[:k]
        total += sum(int(labels[others[j]] == labels[i]) for j in best) / k
    return total / len(embeddings)
