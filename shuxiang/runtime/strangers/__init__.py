"""Asking other libraries' servers, which may hang, lie or send what breaks a parser.

Every question is put by a process of its own (`child`), with a deadline after which it is killed and
a bound on its memory. Nothing here is called while a command runs.
"""

from shuxiang.runtime.strangers.asking import Answer, Fault, Question, RawRecord, ask, ask_all

__all__ = ["Answer", "Fault", "Question", "RawRecord", "ask", "ask_all"]
