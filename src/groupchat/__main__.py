"""`python -m groupchat` is the command line."""

from groupchat.cli import main

main()
