"""The carrier between gateways: one interface, carried by NATS or inside one process."""
