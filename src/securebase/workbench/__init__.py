"""The Django project: pages, database and accounts of a clinic."""
