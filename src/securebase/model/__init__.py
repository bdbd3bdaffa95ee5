"""The one hierarchical continuous-time state-space model: simulate, fit, track."""
