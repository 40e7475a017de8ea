"""Who may do what on the page: users, passwords, sessions, roles, TLS."""
