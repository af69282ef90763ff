"""Shuxiang 书香: the working system of a Chinese district public library and its branches."""

__version__ = "0.1.0"
