"""How the window looks: themes, text size, drawn icons."""
