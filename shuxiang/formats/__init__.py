"""Pure codecs: bytes and text on one side, frozen dataclasses on the other.

Nothing here knows of databases, clocks, sockets or translations. Findings about bad input are
returned as :class:`shuxiang.formats.notes.Note` (a code and data); the words for a code are the
English msgids in :data:`shuxiang.formats.notes.MESSAGES`, which callers translate.
"""
