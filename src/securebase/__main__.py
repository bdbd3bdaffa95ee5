"""`python -m securebase`: the same as the command `securebase`."""

from securebase.cli.main import main

main()
