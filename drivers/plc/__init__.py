"""The PLC beside the station: one register map, a strict Modbus TCP server, a careful client, the handshake.

Knows registers, edges and sockets. Must not know cameras, models, records or how a verdict is reached.
"""
