"""A server that is broken on purpose, and what people do on it meanwhile."""
