"""Backups: one file that holds the whole library, proved by restoring it.

`making.make` writes one, `archive.unpack` reads one, `keeping` says which are kept, `nightly` is the
worker's part. The file is a tar compressed with zstd, ``age``-encrypted where a public key is set, so
that it can be opened without Shuxiang too.
"""
