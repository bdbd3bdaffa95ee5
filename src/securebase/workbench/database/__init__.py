"""The encrypted embedded database: where its key is kept, and how Django talks to it."""
