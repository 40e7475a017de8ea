"""What `station model …` can do: one module a family of commands, each with `add` and the functions it runs."""
