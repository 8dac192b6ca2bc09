"""edXML (QCVN 102:2016): the packet in which Vietnamese agencies exchange documents; read tolerantly, written strictly.

``reading.read`` takes whatever producers have written and says what was odd about it; ``writing.write`` makes packets
in exactly the order of the format. Neither knows files or the network, and neither may be confused, blown up or kept
busy by what it is fed: docs/edxml.md.
"""
