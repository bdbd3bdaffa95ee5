"""What a therapist does in IPT: tasks, tools, forms of a course, and what is read from what they leave behind."""
