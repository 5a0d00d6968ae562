"""A heap of whole numbers in an array, the lowest on top, for the compiled search."""

from matching.jit import inner_kernel


@inner_kernel
def put(heap, size, key):  # type: ignore[no-untyped-def]
    """Put another key into the heap of so many, the lowest on top; how many there are then."""
    at = size
    while at and heap[(at - 1) >> 1] > key:
        heap[at] = heap[(at - 1) >> 1]
        at = (at - 1) >> 1
    heap[at] = key
    return size + 1


@inner_kernel
def drop_first(heap, size):  # type: ignore[no-untyped-def]
    """Take the lowest key off the heap of so many; how many are left."""
    size -= 1
    key, at = heap[size], 0
    while 2 * at + 1 < size:
        child = 2 * at + 1
        child += child + 1 < size and heap[child + 1] < heap[child]
        if heap[child] >= key:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = key
    return size
