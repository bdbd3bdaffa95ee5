"""The work of IPT: tasks, worksheets, course formats, and readers of what the therapist recorded."""
