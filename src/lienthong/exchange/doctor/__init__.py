"""What `lienthong doctor` looks at: everything a gateway needs, one check after the other."""
