"""The `tocsin` command and what stands behind it: build, provision, demonstrate, measure."""
