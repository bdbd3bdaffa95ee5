"""The plain, frozen shape of a course of therapy. No database, no files."""
