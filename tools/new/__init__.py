"""Writes a small working architecture from a template: `make new ARCH=my-architecture`."""
