"""Writes the Parquet files of this folder with pyarrow 26.0.1. All of them hold one table.

    python3 make.py
"""

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

N = 24
table = pa.table({
    "real": pa.array([i / 4 - 2 for i in range(N)], pa.float64()),
    "single": pa.array([1 / (i + 1) for i in range(N)], pa.float32()),
    "half": pa.array([float(i * i) for i in range(N)], pa.float16()),
    "whole": pa.array([(-1) ** i * i * 1000 for i in range(N)], pa.int64()),
    "short": pa.array([i % 3 - 1 for i in range(N)], pa.int32()),
    "large": pa.array([2**32 - 1 - i for i in range(N)], pa.uint32()),
    "truth": pa.array([i % 5 == 0 for i in range(N)], pa.bool_()),
    "money": pa.array([Decimal(i) / 8 for i in range(N)], pa.decimal128(12, 3)),
    "gaps": pa.array([None if i % 7 == 3 else i for i in range(N)], pa.int16()),
    "kind": pa.array([["cat", "dog", "emu"][i % 3] for i in range(N)], pa.string()),
})
plain = {"use_dictionary": False}
for name, options in {
    "snappy": {},
    "gzip": {"compression": "gzip", "row_group_size": 17},
    "zstd": {"compression": "zstd", "data_page_version": "2.0"},
    "plain": {"compression": "none", **plain},
    "pages": {"compression": "none", "data_page_version": "2.0", "data_page_size": 64, "write_batch_size": 4, "store_decimal_as_integer": True, **plain},
    "delta": {**plain, "column_encoding": {
        "real": "BYTE_STREAM_SPLIT", "whole": "DELTA_BINARY_PACKED", "short": "DELTA_BINARY_PACKED", "gaps": "DELTA_BINARY_PACKED",
        "truth": "RLE", "kind": "DELTA_LENGTH_BYTE_ARRAY"}},
    "brotli": {"compression": "brotli"},
    "prefixes": {**plain, "column_encoding": {"kind": "DELTA_BYTE_ARRAY"}},
}.items():
    pq.write_table(table, name + ".parquet", store_schema=False, **options)
pq.write_table(pa.table({"list": pa.array([[1.0], [2.0, 3.0]]), "x": [1.0, 2.0]}), "nested.parquet", store_schema=False)
pq.write_table(pa.table({"day": pa.array([1, 2], pa.date32()), "x": [1.0, 2.0]}), "dates.parquet", store_schema=False)
