"""The import dialog: how a table will be read and used, every guess changeable."""
