"""A second reading of the bytes that an explorer carries, in NumPy; explorer.js has its own."""

import base64
import zlib

import numpy as np

ABSENT = 65_535


def codes_of(stream, tables):
    """The integers of each table, (states, numbers); every byte must belong to one."""
    codes = []
    for table in tables:
        states, width = table["states"], table["width"]
        numbers = int(np.prod(table["shape"]))
        size = states * numbers * width
        planes, stream = np.frombuffer(stream[:size], np.uint8), stream[size:]
        planes = planes.reshape(width, numbers, states).astype(np.int64)
        steps = sum(plane << (8 * i) for i, plane in enumerate(planes))
        codes.append((np.cumsum(steps, axis=1) % 256**width).T)
    assert stream == b""
    return codes


def unpacked(explorer):
    """The numbers of each table, (states, *shape), NaN where nothing is drawn."""
    tables = explorer.view.spec["tables"]
    stream = zlib.decompress(base64.b64decode(explorer.view.data))
    for table, codes in zip(tables, codes_of(stream, tables), strict=True):
        if table["width"] == 4:
            yield codes.astype(np.uint32).view(np.int32).reshape(-1, *table["shape"])
            continue
        rows = codes.reshape(len(codes), -1, len(table["low"]))
        values = np.where(rows == ABSENT, np.nan, table["low"] + rows * np.array(table["size"]))
        yield values.reshape(-1, *table["shape"])
