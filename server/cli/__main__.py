"""``python -m server.cli``: the command without an installed script."""

from server.cli import main

main()
