"""SIP2 server: self-service machines, gates and other libraries' software speak to the library here.

``profile`` is what a terminal account says of its machine, ``session`` one connection without its
socket, ``handlers`` the messages, ``server`` the sockets. Everything done goes through the commands
that desk and portal call.
"""
