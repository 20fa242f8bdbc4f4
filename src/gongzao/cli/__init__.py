"""The command line: run any engine on files, no Django needed."""
