"""The encrypted embedded database: its key and its Django backend."""
