"""Kernels of the likelihood: the readable one, and the compiled one if a C compiler was available."""
