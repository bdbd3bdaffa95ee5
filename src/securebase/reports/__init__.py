"""Reports on studies, power analyses and clients, as HTML or tagged PDF."""
