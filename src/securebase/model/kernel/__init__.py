"""The kernels of the likelihood: the readable one, and the compiled one where there was a compiler."""
