"""How a file becomes a table: opened safely, its dialect found, its cells given kinds."""
